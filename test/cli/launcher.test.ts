import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle, type Manifest } from '../../tools/bundle.ts';
import { scratch } from './kwind.ts';
import { restless, writeTrace } from './sample-trace.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = scratch();
const root = join(folder, 'copy');
const at = (...path: readonly string[]): string => join(root, ...path);
const launcher = at('packages', 'cli', 'bin', 'kwind.mjs');
const sources = at('packages', 'cli', 'src');
const bundles = at('packages', 'cli', 'node_modules', '.kwind');
const manifest = join(bundles, 'manifest.json');
const buildOf = (): string => dirname(at((JSON.parse(readFileSync(manifest, 'utf8')) as Manifest).entry));
const trace = join(folder, 'boot.kwind');
const timeout = 120_000;

/** What a bundle is made of and what runs it; what is installed stays where it is. */
beforeAll(async () => {
  for (const path of ['package.json', 'pnpm-lock.yaml', 'packages', join('tools', 'bundle.ts')])
    cpSync(join(checkout, path), at(path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => !from.endsWith('.kwind'),
    });
  symlinkSync(join(checkout, 'node_modules'), at('node_modules'));
  symlinkSync(join(checkout, 'tools', 'node_modules'), at('tools', 'node_modules'));
  writeTrace(trace, restless(200));
  await bundle(root);
}, timeout);

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(program: string, argv: readonly string[], node: readonly string[] = []): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, program, ...argv], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined },
    cwd: folder,
  });
  return { code: status, out: stdout, err: stderr };
}

const hook = `import module from 'node:module';
  import { writeSync } from 'node:fs';
  module.registerHooks({ load(url, context, next) { writeSync(2, 'load ' + url + '\\n'); return next(url, context); } });`;

/** The files that a start loads, in order. */
const loaded = (...argv: readonly string[]): readonly string[] =>
  run(launcher, argv, ['--import', `data:text/javascript,${encodeURIComponent(hook)}`])
    .err.split('\n')
    .filter((line) => line.startsWith('load file:'));
const runsBundle = (): boolean => {
  const files = loaded('--version');
  const fromBundle = files.some((file) => file.includes('/.kwind/'));
  expect(files.some((file) => file.endsWith('/src/main.ts'))).toBe(!fromBundle);
  return fromBundle;
};

describe('the bundle', () => {
  it('is what the kwind command runs, a few files in place of many', () => {
    expect(runsBundle()).toBe(true);
    expect(loaded('show', trace, 'summary').length).toBeLessThan(30);
  });

  it.each([
    [['--version']],
    [['--help']],
    [['show', trace, 'summary']],
    [['show', trace, 'slots', '--json']],
    [['log', trace, '-n', '20']],
    [['check', trace]],
    [['verify', trace]],
    [['info', trace]],
    [['export', trace, '--to', 'jsonl']],
    [['debug', trace, '-batch', '-ex', 'goto 100', '-ex', 'back']],
    [['sql', trace, 'SELECT type, count(*) FROM events GROUP BY type ORDER BY type']],
    [['sql', trace, 'SELECT nothing']],
    [['show', join(folder, 'none.kwind'), 'summary']],
    [['nonsense']],
  ])('%j says the same as the sources', { timeout }, (argv) => {
    const expected = run(join(sources, 'main.ts'), argv);
    expect(run(launcher, argv)).toEqual(expected);
    expect(expected.out + expected.err).not.toBe('');
  });

  it('loads neither the store nor rxjs before they are needed', () => {
    const files = loaded('--help').map((file) => readFileSync(fileURLToPath(file.slice('load '.length)), 'utf8'));
    expect(files.length).toBeGreaterThan(3);
    for (const text of files) expect(text).not.toMatch(/node_modules\/\.pnpm\/(?:better-sqlite3|rxjs)@/);
  });
});

describe('a bundle that is not of just these sources', () => {
  const changed = join(sources, 'version.ts');
  const text = readFileSync(join(checkout, 'packages', 'cli', 'src', 'version.ts'), 'utf8');
  beforeEach(() => bundle(root));
  afterEach(() => writeFileSync(changed, text));

  it('is not run when a source has changed', () => {
    expect(runsBundle()).toBe(true);
    writeFileSync(changed, text.replace('manifest.version', `'changed'`));
    expect(run(launcher, ['--version'])).toEqual({ code: 0, out: 'changed\n', err: '' });
  });

  it('is not run when a source has changed and kept its size', () => {
    writeFileSync(changed, text.replace('manifest.version', `'${'n'.repeat('manifest.version'.length - 2)}'`));
    expect(runsBundle()).toBe(false);
  });

  it('is not run when a source is gone, be it one that this start does not need', () => {
    const gone = at('packages', 'exporters', 'src', 'index.ts');
    const kept = readFileSync(gone);
    rmSync(gone);
    expect(runsBundle()).toBe(false);
    writeFileSync(gone, kept);
  });

  it('is not run either when it was made through a link to the folder', async () => {
    const link = join(folder, 'link');
    symlinkSync(root, link);
    rmSync(manifest);
    await bundle(link);
    expect(runsBundle()).toBe(true);
    writeFileSync(changed, text.replace('manifest.version', `'changed'`));
    expect(runsBundle()).toBe(false);
  });

  it('is made anew from the sources that are there', async () => {
    writeFileSync(changed, text.replace('manifest.version', `'anew'`));
    await bundle(root);
    expect(runsBundle()).toBe(true);
    expect(run(launcher, ['--version']).out).toBe('anew\n');
  });

  it('takes old ones away, but for those that a session may still be loading from', async () => {
    for (const version of ['1', '2', '3', '4']) {
      writeFileSync(changed, text.replace('manifest.version', `'${version}'`));
      await bundle(root);
    }
    expect(readdirSync(bundles)).toHaveLength(4); // three and the manifest
  });
});

describe('a damaged bundle', () => {
  beforeAll(() => bundle(root));

  it('with a part that is cut or gone is not run', () => {
    const build = buildOf();
    const part = join(
      build,
      readdirSync(build).find((name) => name.startsWith('reading-') && name.endsWith('.mjs'))!,
    );
    truncateSync(part, 100);
    expect(runsBundle()).toBe(false);
    rmSync(part);
    expect(runsBundle()).toBe(false);
    expect(run(launcher, ['show', trace, 'summary']).code).toBe(0);
  });

  it('is whole again when it was made once more', async () => {
    await bundle(root);
    expect(runsBundle()).toBe(true);
  });

  it.each(['', '{', 'null', '[]', '{"files":{}}'])('with the manifest %j is not run', (text) => {
    writeFileSync(manifest, text);
    expect(runsBundle()).toBe(false);
  });
});

describe('node tools/bundle.ts', () => {
  it('says in one line what it cannot bundle, and leaves the command as it was', () => {
    const broken = join(sources, 'commands', 'profiles.ts');
    const text = readFileSync(broken, 'utf8');
    writeFileSync(broken, `import './nowhere.ts';\n${text}`);
    const { code, err } = run(at('tools', 'bundle.ts'), []);
    expect(code).toBe(1);
    expect(err).toMatch(/^kwind starts more slowly, from its sources: .*nowhere\.ts.*\n$/);
    expect(runsBundle()).toBe(false);
    writeFileSync(broken, text);
  });
});

describe('a bug', () => {
  it('is reported with the place in the source', async () => {
    const file = join(sources, 'commands', 'profiles.ts');
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    const line = lines.findIndex((one) => one.includes('run: async')) + 1;
    lines.splice(line, 0, `    if (args.json) throw new TypeError('a bug');`);
    writeFileSync(file, lines.join('\n'));
    await bundle(root);
    expect(runsBundle()).toBe(true);
    const { code, err } = run(launcher, ['profiles', '--json']);
    expect(code).toBe(70);
    expect(err).toContain('TypeError: a bug');
    expect(err).toContain(`packages/cli/src/commands/profiles.ts:${line + 1}:`);
    writeFileSync(file, text);
  });
});
