import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const shipped = (name: string): string => fileURLToPath(new URL(`../../traces/${name}`, import.meta.url));
const nokaslr = shipped('logs/q35-nokaslr.log.gz');

const script = at('boot.kws');
writeFileSync(
  script,
  [
    'boot',
    'a = early_ioremap(0xf0000, 0x10000)',
    'b = early_memremap(0xf5a20, 0x178)',
    'load(b)',
    'early_iounmap(b, 0x178)',
    'expect slots_in_use == 1',
    '',
  ].join('\n'),
);

describe('kwind record', () => {
  it('runs a script into a trace and says what happened', async () => {
    const { code, out } = await kwind(['record', script, '-o', at('boot.kwind')]);
    expect(code).toBe(0);
    expect(out).toContain('boot.kws on linux-6.1, 5 kernel calls');
    expect(out).toContain('peak: 2 of 8 early_ioremap slots in use');
    expect(out).toMatch(/^ +0 {2}0xffffffffff200000 {2}0xf0000 +0x10000 +#\d+ +early_ioremap\(\) {2}boot\.kws:2$/m);
    expect(out).toContain('1 of 1 expectation held');
    expect((await kwind(['verify', at('boot.kwind')])).code).toBe(0);
  });

  it('exits 1 for a failed expectation, with both values, and keeps the trace', async () => {
    const { code, out } = await kwind(['record', '-', '-o', at('fails.kwind')], {
      stdin: 'boot\nexpect slots_in_use == 3\n',
    });
    expect(code).toBe(1);
    expect(out).toContain('stdin:2: expect slots_in_use == 3 failed. slots_in_use is 0, not 3.');
    expect((await kwind(['info', at('fails.kwind')])).out).toContain('state     finished');
  });

  it('points at a mistake before it makes a file', async () => {
    const { code, err } = await kwind(['record', '-', '-o', at('never.kwind')], {
      stdin: 'boot\n  early_iounmp(1, 2)\n',
    });
    expect(code).toBe(2);
    expect(err).toBe(
      'kwind: stdin:2:3: there is no kernel function early_iounmp().\n      early_iounmp(1, 2)\n      ^\n  Did you mean early_iounmap?\n',
    );
    expect(existsSync(at('never.kwind'))).toBe(false);
  });

  it('boots without a script', async () => {
    const { code, out } = await kwind(['record', '--boot', '-o', at('plain.kwind'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      source: 'boot',
      profile: 'linux-6.1',
      stillMapped: [],
      warnings: 0,
    });
  });

  it('lets the command line choose the build', async () => {
    await kwind(['record', script, '-o', at('old.kwind'), '--profile', 'linux-4.4', '--set', 'nr_cpus=64']);
    expect((await kwind(['info', at('old.kwind')])).out).toContain('profile   linux-4.4 nr_cpus=64');
  });

  it('does not overwrite a trace unasked', async () => {
    await kwind(['record', '--boot', '-o', at('once.kwind')]);
    const { code, err } = await kwind(['record', '--boot', '-o', at('once.kwind')]);
    expect(code).toBe(2);
    expect(err).toContain('exists already');
    expect((await kwind(['record', '--boot', '-o', at('once.kwind'), '--force'])).code).toBe(0);
  });

  it('is reproducible to the event', async () => {
    const digest = async (name: string): Promise<unknown> => {
      await kwind(['record', script, '-o', at(name)]);
      return ((await kwind(['info', at(name), '--json'])).json() as { digest: string }).digest;
    };
    expect(await digest('one.kwind')).toBe(await digest('two.kwind'));
  });

  it.each([
    [['record', 'nowhere.kws', '-o', 'x.kwind'], 'nowhere.kws does not exist.'],
    [['record', '--boot', '-o', 'no/such/folder/x.kwind'], 'its folder does not exist'],
    [['record', '--boot', '-o', 'x.kwind', '--set', 'nr_cpus=many'], 'nr_cpus=many'],
  ])('%j exits 2', async (argv, message) => {
    const { code, err } = await kwind(argv, { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('kwind import', () => {
  it('runs the calls of a real log through the model; all agree', async () => {
    const { code, out } = await kwind(['import', nokaslr, '-o', at('q35.kwind')]);
    expect(code).toBe(0);
    expect(out).toContain('39/39 maps and 39/39 unmaps agree');
    expect(out).toContain('kernel: 6.1.0-56-cloud-amd64');
    expect(out).toContain('still mapped at the end: nothing');
    const info = (await kwind(['info', at('q35.kwind'), '--json'])).json();
    expect(info).toMatchObject({ header: { profile: 'linux-6.1', source: { kind: 'log', name: 'q35-nokaslr.log' } } });
  });

  it('reads standard input, packed or not', async () => {
    const plain = gunzipSync(readFileSync(nokaslr));
    for (const stdin of [plain, gzipSync(plain)]) {
      const { code, out } = await kwind(['import', '-', '-o', at('stdin.kwind'), '--force', '--json'], { stdin });
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ agree: true, source: 'stdin', disagreements: [] });
    }
  });

  it('exits 1 where log and model disagree, names the line and both sides, and writes the trace all the same', async () => {
    const text = gunzipSync(readFileSync(nokaslr)).toString().replace('+ ffffffffff200000', '+ ffffffffff280000');
    writeFileSync(at('odd.log'), text);
    const { code, out } = await kwind(['import', at('odd.log'), '-o', at('odd.kwind')]);
    expect(code).toBe(1);
    expect(out).toContain('odd.log:35: log and model disagree');
    expect(out).toMatch(/the log says .*ffffffffff280000\n.*the model says .*ffffffffff200000/);
    expect(out).toContain('38/39 maps and 39/39 unmaps agree');
    expect((await kwind(['verify', at('odd.kwind')])).code).toBe(0);
    const json = (await kwind(['import', at('odd.log'), '-o', at('odd.kwind'), '-f', '--json'])).json();
    expect(json).toMatchObject({
      agree: false,
      agreement: [
        { agreed: 38, total: 39 },
        { agreed: 39, total: 39 },
      ],
    });
  });

  it('names the profile that is nearest when the kernel is another', async () => {
    const text = gunzipSync(readFileSync(nokaslr)).toString().replace('Linux version 6.1.', 'Linux version 6.6.');
    const { out } = await kwind(['import', '-', '-o', at('near.kwind')], { stdin: text });
    expect(out).toContain('note: there is no profile of kernel 6.6.');
  });

  it.each([
    ['text that is no log', 'Dear diary,\nnothing happened.\n', 'is from a kernel log'],
    [
      'a log without debug lines',
      '[    0.000000] Linux version 6.1.0\n[    0.000000] Command line: quiet\n',
      'early_ioremap_debug',
    ],
    ['nothing', '', 'kernel log'],
    ['a database', 'SQLite format 3\0 and more', 'is a database, not a log'],
    ['damaged gzip', gzipSync('x'.repeat(1000)).subarray(0, 20), 'damaged gzip'],
  ])('refuses %s', async (_what, stdin, message) => {
    const { code, err } = await kwind(['import', '-', '-o', at('refused.kwind')], { stdin });
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(at('refused.kwind'))).toBe(false);
  });

  it('refuses events that cannot be those of one boot', async () => {
    const lines = [
      '{"type":"trace","profile":"linux-6.1","options":[],"eventSchema":1}',
      '{"seq":0,"type":"pte.written","table":"0x1000","index":0,"before":"0x5","after":"0x1"}',
    ];
    const { code, err } = await kwind(['import', '-', '-o', at('mixed.kwind')], { stdin: lines.join('\n') });
    expect(code).toBe(4);
    expect(err).toContain('event 0');
  });
});

describe('every boot script that is shipped', () => {
  it.each(['leaked-slot', 'mapping-too-long', 'slot-exhausted', 'small-pc', 'stale-tlb', 'uefi'])(
    '%s keeps its expectations',
    async (name) => {
      const { code, out } = await kwind(['record', shipped(`scripts/${name}.kws`), '-o', at(`${name}.kwind`)]);
      expect(out).not.toContain('failed');
      expect(code).toBe(0);
    },
  );
});
