import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';
import { restless, writeTrace } from './sample-trace.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'packages', 'cli', 'bin', 'kwind.mjs');
const main = join(root, 'packages', 'cli', 'src', 'main.ts');
const folder = scratch();
const trace = join(folder, 'long.kwind');
const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, XDG_STATE_HOME: folder };

beforeAll(() => writeTrace(trace, restless(20_000)));

function run(
  argv: readonly string[],
  options: { input?: string; node?: readonly string[]; program?: string } = {},
): { code: number | null; out: string; err: string } {
  const ran = spawnSync(process.execPath, [...(options.node ?? []), options.program ?? bin, ...argv], {
    encoding: 'utf8',
    env,
    input: options.input ?? '',
    maxBuffer: 1 << 28,
  });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

describe('the kwind command', () => {
  it('runs, passes its exit code on and keeps data and messages apart', () => {
    expect(run(['--version'])).toMatchObject({ code: 0, err: '' });
    expect(run(['verify', trace])).toMatchObject({ code: 0, err: '' });
    expect(run(['verify', join(folder, 'none.kwind')])).toMatchObject({ code: 2, out: '' });
    expect(run(['nonsense']).code).toBe(2);
  });

  it('gives the same as main() in this process', async () => {
    expect(run(['log', trace, '-n', '100']).out).toBe((await kwind(['log', trace, '-n', '100'])).out);
  });

  it('is what npm start runs as well', () => {
    const ran = spawnSync(process.execPath, [main, 'profiles'], { encoding: 'utf8', env });
    expect(ran.stdout).toContain('linux-6.1');
  });

  it('writes all of a long listing into a pipe', () => {
    const { out } = run(['log', trace]);
    expect(out.split('\n')).toHaveLength(20_001);
  });

  it('reads a boot log from standard input', () => {
    expect(run(['record', '-', '-o', join(folder, 'piped.kwind')], { input: 'boot\n' }).code).toBe(0);
  });
});

describe('| head', () => {
  it.each([[['log', trace]], [['log', trace, '--json']], [['export', trace, '--to', 'jsonl']], [['--help']]])(
    '%j ends quietly',
    async (argv) => {
      const child = spawn(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let err = '';
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.stdout.once('data', () => child.stdout.destroy());
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect(err).toBe('');
      expect(code).toBe(0);
    },
  );
});

describe('| head of a verdict', () => {
  it('does not say that all is well when nobody read it to the end', async () => {
    const closed = spawn(process.execPath, [bin, 'verify', trace], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    closed.stdout.destroy();
    let err = '';
    closed.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    expect(await new Promise((resolve) => closed.on('close', resolve))).toBe(141);
    expect(err).toBe('');
  });
});

describe('start-up', () => {
  const hook = `import module from 'node:module';
    import { writeSync } from 'node:fs';
    module.registerHooks({ resolve(name, context, next) { writeSync(2, 'load ' + name + '\\n'); return next(name, context); } });`;
  // The sources, whose imports have names; launcher.test.ts looks at the bundle of them.
  const loaded = (argv: readonly string[]): string =>
    run(argv, { program: main, node: ['--import', `data:text/javascript,${encodeURIComponent(hook)}`] }).err;

  it.each([
    [['--help']],
    [['--version']],
    [['log', '--help']],
    [['completion']],
    [['--get-yargs-completions', 'kwind', 'l']],
  ])('%j loads neither rxjs nor better-sqlite3, nor a room of the house', (argv) => {
    const list = loaded(argv);
    expect(list).toContain('load yargs');
    expect(list).not.toMatch(/load (?:rxjs|better-sqlite3|@kwind\/)/);
  });

  it('loads the store only for what reads a trace', () => {
    expect(loaded(['fixmap'])).not.toMatch(/load (?:rxjs|better-sqlite3)/);
    expect(loaded(['info', trace])).toContain('load better-sqlite3');
    expect(loaded(['info', trace])).not.toContain('load rxjs');
  });
});

// util-linux's script(1) gives the child a terminal; where there is none, the pipe tests still hold.
describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
  /** Type keys one after another, waiting for the prompt in between. */
  async function type(term: string, keys: readonly string[]): Promise<{ out: string; code: number }> {
    const command = `'${process.execPath}' '${bin}' debug '${trace}'`;
    const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
      env: { ...env, TERM: term },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const closed = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
    for (const key of keys) {
      const before = out.length;
      child.stdin.write(key);
      if (key !== keys.at(-1)) await prompted(() => out.slice(before));
    }
    return { out, code: await closed };
  }

  /** Keys that come before the prompt does may be taken for a ^C of the command at work. */
  async function prompted(shown: () => string): Promise<void> {
    // oxlint-disable-next-line no-control-regex
    const prompt = /\(kwind [\d.]+% #\d+\) (?:\u001b\[[\d;]*[A-Za-z])*$/;
    for (let waited = 0; waited < 10_000 && !prompt.test(shown()); waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it.each(['dumb', 'xterm'])(
    'of type %s: a prompt with percent and position, ^C keeps the session, ^D leaves',
    async (term) => {
      rmSync(join(folder, 'kwind'), { recursive: true, force: true });
      const { out, code } = await type(term, ['', 'goto 10000\r', 'garbage\u0003', 'rs\r', '\u0004']);
      expect(out).toContain('(kwind 0.0% #0)');
      expect(out).toContain('(kwind 50.0% #10000)');
      expect(out).toContain('(kwind 50.0% #9999)');
      expect(code).toBe(0);
      expect(readFileSync(join(folder, 'kwind', 'history'), 'utf8')).toBe('goto 10000\nrs\n');
    },
  );
});
