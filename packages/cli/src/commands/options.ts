/** Options that several verbs share, one wording for each. */
export const jsonOption = { json: { type: 'boolean', default: false, describe: 'print JSON for a program' } } as const;

export const traceArgument = { type: 'string', demandOption: true, describe: 'the .kwind file' } as const;

export const profileOptions = {
  profile: { type: 'string', requiresArg: true, describe: 'kernel build (kwind profiles lists them)' },
  set: {
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
    describe: 'change one value of the build, key=value; may be repeated',
  },
} as const;

export const metaOption = {
  meta: {
    type: 'string',
    requiresArg: true,
    describe: 'symbol addresses for a capture (default: meta.json beside it)',
  },
} as const;

export const outputOptions = {
  output: { alias: 'o', type: 'string', requiresArg: true, demandOption: true, describe: 'the trace to write' },
  force: { alias: 'f', type: 'boolean', default: false, describe: 'replace the trace if it exists' },
} as const;

/** Options that may be given more than once; of any other, the last one counts. */
export const repeatable: ReadonlySet<string> = new Set([
  'set',
  'ex',
  'rule',
  'no-rule',
  'noRule',
  'silence',
  'ignore',
  'only',
  'words',
  'good',
  '_',
  '--',
]);

/** `--set a=1,b=2` and `--set a=1 --set b=2` are the same. */
export const splitOverrides = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
