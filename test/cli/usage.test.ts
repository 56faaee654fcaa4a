import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const verbs = [
  'import',
  'record',
  'debug',
  'show',
  'log',
  'info',
  'verify',
  'export',
  'fixmap',
  'events',
  'profiles',
  'functions',
  'demo',
];

describe('an option that a command does not have', () => {
  it('is named before what is missing', async () => {
    const { code, err } = await kwind(['export', 'x.kwind', '--format', 'xml']);
    expect([code, err]).toEqual([2, expect.stringContaining('kwind export has no option --format.')]);
    expect((await kwind(['export', 'x.kwind', '--no-color'])).err).toContain('needs --to');
    expect((await kwind(['bisect', 'x.kwind', 'run', '--', 'test', '--flag'])).err).toContain('x.kwind does not exist');
  });
});

describe('help', () => {
  it('is printed by --help, with every command', async () => {
    const { code, out, err, lines } = await kwind(['--help'], { columns: 80 });
    expect(code).toBe(0);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(err).toBe('');
    for (const verb of verbs) expect(out).toMatch(new RegExp(`^ {2}kwind ${verb}\\b`, 'm'));
  });

  it('goes to stderr with exit code 2 when nothing was asked', async () => {
    const { code, out, err } = await kwind([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('kwind <command>');
  });

  it.each(verbs)('%s --help has examples, options and fits 80 columns', async (verb) => {
    const { code, out, lines } = await kwind([verb, '--help'], { columns: 80 });
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain(`kwind ${verb}`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('is English whatever the locale', async () => {
    expect((await kwind(['--help'], { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } })).out).toContain(
      'Show help',
    );
  });

  it('prints the version', async () => {
    expect((await kwind(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    [['lgo'], 'there is no command "lgo".', 'Did you mean log?'],
    [['xyzzy'], 'there is no command "xyzzy".', 'kwind --help lists the commands.'],
    [['log'], 'something is missing: kwind log <trace> [range]', 'kwind log --help'],
    [['log', 'a', '--typ', 'b'], 'kwind log has no option --typ.', 'Did you mean --type?'],
    [['diff', 'a', 'b', '-s'], 'kwind diff has no option -s.', 'Did you mean --stat?'],
    [['diff', 'a', 'b', '-x'], 'kwind diff has no option -x.', 'kwind diff --help shows'],
    [['log', 'a', 'b', 'c'], 'kwind log cannot take "c" as well', 'kwind log --help'],
    [['record', 'a.kws'], 'kwind record needs --output.', 'kwind record --help'],
    [['record', '-o', 'x'], 'give a script or --boot, one of the two.', 'kwind record boot.kws'],
    [['fixmap', '--set'], 'ot enough arguments following: set', 'kwind fixmap --help'],
    [['show', 't', 'slotz'], '"slotz" is no view.', 'Did you mean slots?'],
    [['show', 't', 'walk'], 'the address to walk is missing.', 'kwind show TRACE walk'],
    [['export', 't', '--to', 'xml'], '--to cannot be "xml".', 'It is one of jsonl, ndjson, sqlite'],
    [['baseline', 'learn', 't', '-o', 'b'], '"learn" is no action.', 'It is build.'],
  ])('%j exits 2 and says why', async (argv, message, hint) => {
    const { code, out, err } = await kwind(argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^kwind: /);
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });

  it('takes the last of an option that is given twice', async () => {
    expect((await kwind(['fixmap', 'FIX_APIC_BASE', '--profile', 'nope', '--profile', 'linux-6.1'])).code).toBe(0);
  });
});

describe('completion', () => {
  it('prints a script', async () => {
    expect((await kwind(['completion'], { env: { SHELL: '/bin/bash' } })).out).toContain('_kwind_yargs_completions');
  });
  it('offers commands', async () => {
    expect((await kwind(['--get-yargs-completions', 'kwind', 'ver'])).out).toContain('verify');
  });
});

describe('files', () => {
  it('are seen from the folder where the command runs', async () => {
    const folder = scratch();
    const { code } = await kwind(['record', '--boot', '-o', 'here.kwind'], { cwd: folder });
    expect(code).toBe(0);
    expect((await kwind(['info', 'here.kwind'], { cwd: folder })).code).toBe(0);
  });
});
