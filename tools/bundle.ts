// node tools/bundle.ts: bundles the command into a few files, which start in two thirds of the time of the sources.
// packages/cli/bin/bundle.mjs decides at each start whether they may stand for the sources.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OutputChunk, Plugin } from 'rolldown';

/** Size in bytes and time of the last change in ms. */
type FileState = readonly [size: number, mtimeMs: number];

export interface Manifest {
  /** The build's own, named by its content. */
  readonly folder: string;
  readonly entry: string;
  /** By path relative to the root, with `/`. */
  readonly files: Readonly<Record<string, FileState>>;
}

interface Built {
  readonly chunks: readonly OutputChunk[];
  readonly inputs: Readonly<Record<string, FileState>>;
}

const ENTRY = 'main.mjs';
const MANIFEST = 'manifest.json';
/** A session that began with an older build still loads parts of it. */
const KEPT = 3;
/** Bytes; smaller parts that several commands share are put together, since each file costs a start 0.3 ms. */
const SMALL = 64 * 1024;

/**
 * Bundle the command of the workspace at `root`, so that its launcher finds it.
 * @throws whatever the bundler does; what was there before stays then
 */
export async function bundle(root: string): Promise<Manifest> {
  const bundles = join(root, 'packages', 'cli', 'node_modules', '.kwind');
  const { chunks, inputs } = await build(root, bundles);
  const outputs = chunks.flatMap(({ fileName, code, map }) => [
    [fileName, code] as const,
    [`${fileName}.map`, JSON.stringify(map)] as const,
  ]);
  const hash = createHash('sha256');
  for (const output of outputs) hash.update(output.join('\0'));
  const name = hash.digest('hex').slice(0, 16);
  const folder = join(bundles, name);
  mkdirSync(folder, { recursive: true });
  const files = { ...inputs };
  for (const [fileName, text] of outputs) {
    const path = join(folder, fileName);
    put(path, text);
    if (!fileName.endsWith('.map')) note(files, root, path);
  }
  const manifest = { folder: name, entry: ENTRY, files };
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
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const build of builds.slice(KEPT)) rmSync(build, { recursive: true, force: true });
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
  const fixed = ['pnpm-lock.yaml', join('node_modules', '.pnpm', 'lock.yaml'), join('tools', 'bundle.ts'), ...packages];
  for (const path of fixed) note(inputs, root, join(root, path));
  const bundler = await rolldown({
    input: join(root, 'packages', 'cli', 'src', 'main.ts'),
    cwd: root,
    platform: 'node',
    tsconfig: false,
    transform: { target: 'node22.18' },
    plugins: [noteInputs(root, inputs), ownPlaces(join(bundles, 'x')), nativeOutside(join(bundles, 'x'))],
  });
  try {
    const { output } = await bundler.generate({
      format: 'esm',
      entryFileNames: ENTRY,
      chunkFileNames: '[name]-[hash].mjs',
      sourcemap: 'hidden',
      codeSplitting: { groups: [{ name: 'shared', entriesAware: true, entriesAwareMergeThreshold: SMALL }] },
    });
    return { chunks: output.filter((item) => item.type === 'chunk'), inputs };
  } finally {
    await bundler.close();
  }
}

/** The state of a source from before it is read: a change while the bundle is made leaves a bundle that is not used. */
function noteInputs(root: string, inputs: Record<string, FileState>): Plugin {
  return {
    name: 'note-inputs',
    load: {
      filter: { id: { exclude: /node_modules|^\0|^rolldown:/ } },
      handler: (id) => void note(inputs, root, id),
    },
  };
}

/** A source still finds what lies beside it: processes and workers that it starts, files of the repository. */
function ownPlaces(folder: string): Plugin {
  return {
    name: 'own-places',
    transform: {
      filter: { code: 'import.meta.url', id: { exclude: /node_modules/ } },
      handler: (code, id) =>
        code.replaceAll(
          /\bimport\.meta\.url\b/g,
          `new URL(${JSON.stringify(slashed(relative(folder, id)))}, import.meta.url).href`,
        ),
    },
  };
}

/** better-sqlite3 looks for its binary from where it lies. */
function nativeOutside(folder: string): Plugin {
  return {
    name: 'native-outside',
    resolveId: {
      filter: { id: /^better-sqlite3$/ },
      async handler(id, importer) {
        const found = await this.resolve(id, importer, { skipSelf: true });
        return found && { id: slashed(relative(folder, found.id)), external: true };
      },
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await bundle(fileURLToPath(new URL('..', import.meta.url)));
  } catch (error) {
    const [why] = String(error).split('\n');
    process.stderr.write(`kwind: it will start more slowly, from its sources: they could not be bundled (${why})\n`);
    process.exitCode = 1;
  }
}
