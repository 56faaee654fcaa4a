import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const capture = fileURLToPath(new URL('../../traces/captures/pc-smp2-6.1.0-56/', import.meta.url));
const events = join(capture, 'events.jsonl.gz');
const folder = scratch();
const texts = ['--iomem', join(capture, 'iomem.txt'), '--ioports', join(capture, 'ioports.txt')];

describe('kwind conform', () => {
  it('agrees with a real kernel and says in what', async () => {
    const { code, out } = await kwind(['conform', events, ...texts]);
    expect(code).toBe(0);
    expect(out).toMatch(/pte\.written +1139\/1139/);
    expect(out).toMatch(/iomem\.txt: the same, byte for byte/);
    expect(out).toMatch(/agree in all of [\d,]+ effects and the final text/);
  });
  it('takes the folder of a capture for the file of calls in it, as import does', async () => {
    expect((await kwind(['conform', capture])).out).toBe((await kwind(['conform', events])).out);
    const imported = await kwind(['import', capture, '-o', join(folder, 'by-folder.kwind')]);
    expect([imported.code, imported.out]).toEqual([0, expect.stringContaining('kernel: 6.1.0-56')]);
    const other = await kwind(['import', folder, '-o', join(folder, 'x.kwind')]);
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('is a directory.')]);
  });
  it('gives a program every kind, what was given with its records, and the options that the capture shows', async () => {
    const report = (await kwind(['conform', events, '--json'])).json() as {
      agree: boolean;
      agreement: { kind: string }[];
      given: { reason: string; records: number[][] }[];
      options: string[];
    };
    expect(report.agree).toBe(true);
    expect(report.agreement.map(({ kind }) => kind)).toContain('returned __ioremap_caller');
    expect(report.given.map(({ reason }) => reason)).toContain('area-address');
    expect(report.options).toContain('phys_bits=40');
  });
  it('exits 1 and names record, call and callers when one value differs', async () => {
    const changed = join(folder, 'changed.jsonl');
    writeFileSync(
      changed,
      gunzipSync(readFileSync(events)).toString('utf8').replace('80000000000f0163', '80000000000f1163'),
    );
    const { code, out } = await kwind(['conform', changed, '--meta', join(capture, 'meta.json')]);
    expect(code).toBe(1);
    expect(out).toMatch(/record 6: pte\.written, in __early_ioremap\(0xf0000, 0x10000/);
    expect(out).toMatch(/called by +dmi_setup\+0xfa/);
  });
  it('exits 1 when the final text differs, with the line', async () => {
    const other = join(folder, 'iomem.txt');
    writeFileSync(other, readFileSync(join(capture, 'iomem.txt'), 'utf8').replace('Video ROM', 'Other ROM'));
    const { code, out } = await kwind(['conform', events, '--iomem', other]);
    expect(code).toBe(1);
    expect(out).toMatch(/iomem\.txt:5: differs/);
  });
  it.each([
    ['no capture', 'hello\n'],
    ['damaged', '{"n":0,"f":"x","a":[],"s":[]}\n{"n":1,"f":\n{"n":2,"f":"x"}\n'],
  ])('exits 2 for a file that is %s', async (_, text) => {
    const file = join(folder, 'bad.jsonl');
    writeFileSync(file, text);
    expect((await kwind(['conform', file])).code).toBe(2);
  });
});

describe('kwind import of a capture', () => {
  const trace = join(folder, 'real.kwind');
  it('records what happened, and the trace is intact', async () => {
    const { code, out } = await kwind(['import', events, '-o', trace]);
    expect(code).toBe(0);
    expect(out).toMatch(/11,987 records, on linux-6\.1/);
    expect(out).toMatch(/still mapped at the end: nothing/);
    expect((await kwind(['verify', trace])).code).toBe(0);
  });
  it('has a header that says where it comes from and what was assumed', async () => {
    const { header } = (await kwind(['info', trace, '--json'])).json() as { header?: unknown };
    expect(JSON.stringify(header ?? (await kwind(['info', trace, '--json'])).json())).toMatch(
      /capture.*static tables of head_64/,
    );
  });
  it('shows the resource tree that the kernel printed', async () => {
    expect((await kwind(['show', trace, 'iomem'])).out).toBe(readFileSync(join(capture, 'iomem.txt'), 'utf8'));
  });
});
