import manifest from '../package.json' with { type: 'json' };

/** What `kwind --version` prints and what a trace's header says recorded it. */
export const version: string = manifest.version;
