// node tools/bundle.ts: bundles the command into a few files, which start in two thirds of the time of the sources.
// packages/cli/bin/bundle.mjs decides at each start whether they may stand for the sources.
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { OutputChunk, Plugin } from 'rolldown';

/** Size in bytes and time of the last change in ms. */
type FileState = readonly [size: number, mtimeMs: number];

export interface Manifest {
  /** One of the files. */
  readonly entry: string;
  /** All that it was made of and all that it consists of, by path relative to the root, with `/`. */
  readonly files: Readonly<Record<string, FileState>>;
}

interface Built {
  /** File names in the bundle's folder and what they hold: the parts, and a map of each. */
  readonly outputs: readonly (readonly [name: string, text: string])[];
  readonly inputs: Readonly<Record<string, FileState>>;
}

const ENTRY = 'main.mjs';
const MANIFEST = 'manifest.json';
/** A session that began with an older build still loads parts of it. */
const KEPT = 3;

/**
 * Each with all that it imports: what every start needs, and what every look into a trace needs. Without main.ts: it waits
 * for what it runs, and that may not lie in one file with it.
 */
const together = [
  { name: 'start', test: /packages.cli.src.(?:run|commands.[^/\\]+)\.ts$/ },
  { name: 'reading', test: /packages.(?:cli.src.show-summary|trace.src.reader|timeline.src.timeline)\.ts$/ },
];

/**
 * Bundle the command of the workspace in a folder, so that its launcher finds it.
 * @throws whatever the bundler does; what was there before stays then
 */
export async function bundle(workspace: string): Promise<Manifest> {
  const root = realpathSync(workspace); // the bundler names files so
  const bundles = join(root, 'packages', 'cli', 'node_modules', '.kwind');
  const { outputs, inputs } = await build(root, bundles);
  const hash = createHash('sha256');
  for (const output of outputs) hash.update(output.join('\0'));
  const folder = join(bundles, hash.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  const files = { ...inputs };
  for (const [fileName, text] of outputs) {
    const path = join(folder, fileName);
    put(path, text);
    if (!fileName.endsWith('.map')) note(files, root, path);
  }
  const manifest = { entry: slashed(relative(root, join(folder, ENTRY))), files };
  put(join(bundles, MANIFEST), JSON.stringify(manifest));
  dropOld(bundles, folder);
  return manifest;
}

/** Whole or not at all, and not touched when it is there already: another process may be loading it. */
function put(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) return;
  } catch {
    // There is none yet.
  }
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

function dropOld(bundles: string, current: string): void {
  const now = new Date();
  utimesSync(current, now, now);
  const builds = readdirSync(bundles, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map((item) => join(bundles, item.name))
    // Another bundler at work may have taken it away.
    .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of builds.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}

function note(files: Record<string, FileState>, root: string, path: string): void {
  const { size, mtimeMs } = statSync(path);
  files[slashed(relative(root, path))] = [size, mtimeMs];
}

const slashed = (path: string): string => path.split(sep).join('/');

async function build(root: string, bundles: string): Promise<Built> {
  // Here, so that a machine which the bundler does not support gets the one sentence below.
  const { rolldown } = await import('rolldown');
  const inputs: Record<string, FileState> = {};
  // What the packages of others are, the lockfile says: it and the list of what is installed stand for their files.
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'package.json'));
  const entry = join('packages', 'cli', 'src', 'main.ts');
  const fixed = ['pnpm-lock.yaml', join('node_modules', '.pnpm', 'lock.yaml'), join('tools', 'bundle.ts'), ...packages];
  for (const path of fixed) note(inputs, root, join(root, path));
  const folder = join(bundles, 'any');
  const bundler = await rolldown({
    input: join(root, entry),
    cwd: root,
    platform: 'node',
    tsconfig: false,
    logLevel: 'silent',
    transform: { target: 'node22.18' },
    plugins: [noteInputs(root, inputs), ownPlaces(root, folder), nativePlace(folder)],
  });
  try {
    const { output } = await bundler.generate({
      dir: folder,
      format: 'esm',
      entryFileNames: ENTRY,
      chunkFileNames: '[name]-[hash].mjs',
      // Read for a bug's stack trace only: packages/cli/src/source-stack.ts.
      sourcemap: 'hidden',
      sourcemapExcludeSources: true,
      codeSplitting: { groups: [...together] },
    });
    if (inputs[slashed(entry)] === undefined) throw new Error('the sources could not be told from packages of others');
    refuseCircles(output.filter((item) => item.type === 'chunk'));
    const outputs = output.map(
      (item) => [item.fileName, item.type === 'chunk' ? item.code : String(item.source)] as const,
    );
    return { outputs, inputs };
  } finally {
    await bundler.close();
  }
}

/** Parts that import each other may run in another order than their sources, and find what is not there yet. */
function refuseCircles(chunks: readonly OutputChunk[]): void {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) throw new Error(`parts import each other: ${[...path, name].join(' -> ')}`);
    if (done.has(name)) return;
    for (const next of byName.get(name)?.imports ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of byName.keys()) visit(name, []);
}

/** The state of a source from before it is read: a change while the bundle is made leaves a bundle that is not used. */
function noteInputs(root: string, inputs: Record<string, FileState>): Plugin {
  return { name: 'note-inputs', load: (id) => void (isOurs(root, id) && note(inputs, root, id)) };
}

/** A source still finds what lies beside it: processes and workers that it starts, files of the repository. */
function ownPlaces(root: string, folder: string): Plugin {
  return {
    name: 'own-places',
    transform: {
      filter: { code: 'import.meta.' },
      handler(code, id) {
        if (!isAbsolute(id)) return null;
        const other = isOurs(root, id) && /\bimport\.meta\.(?!url\b)\w+/.exec(code);
        if (other) throw new Error(`${relative(root, id)} uses ${other[0]}, which means another place in a bundle`);
        // Lines stay what they are.
        return { code: code.replaceAll(/\bimport\.meta\.url\b/g, placeOf(folder, id)), map: null };
      },
    },
  };
}

/** A source of the workspace, and neither a package of somebody else nor a part that the bundler makes up. */
function isOurs(root: string, id: string): boolean {
  const path = relative(root, id);
  return isAbsolute(id) && !path.startsWith('..') && !path.includes('node_modules');
}

/** better-sqlite3 looks for its binary from where its script lies. */
function nativePlace(folder: string): Plugin {
  return {
    name: 'native-place',
    transform: {
      filter: { code: '__dirname', id: /better-sqlite3/ },
      handler: (code, id) => ({
        code: code.replaceAll(/\b__dirname\b/g, `require('node:url').fileURLToPath(${placeOf(folder, dirname(id))})`),
        map: null,
      }),
    },
  };
}

/** Code for the URL of a file, as seen from a part of the bundle. */
const placeOf = (folder: string, path: string): string =>
  `new URL(${JSON.stringify(slashed(relative(folder, path)))}, import.meta.url).href`;

/** The first of what the bundler complains about, in one line. */
function reasonOf(error: unknown): string {
  const [first = error] = (error as { errors?: readonly unknown[] }).errors ?? [];
  const text = first instanceof Error ? first.message : String(first);
  return stripVTControlCharacters(text).trim().split('\n', 1)[0]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await bundle(fileURLToPath(new URL('..', import.meta.url)));
  } catch (error) {
    process.stderr.write(
      `kwind starts more slowly, from its sources: they could not be bundled (${reasonOf(error)})\n`,
    );
    process.exitCode = 1;
  }
}
