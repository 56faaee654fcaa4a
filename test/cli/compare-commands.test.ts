import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareRanges } from '../../packages/cli/src/asserting/ranges.ts';
import { kwind, scratch, type Ran } from './kwind.ts';
import { sampleEvents, writeTrace } from './sample-trace.ts';

const folder = scratch();
const traces = fileURLToPath(new URL('../../traces/', import.meta.url));
const at = (name: string): string => join(folder, name);

async function record(script: string, name: string, ...options: readonly string[]): Promise<string> {
  const ran = await kwind(['record', join(traces, 'scripts', `${script}.kws`), '-o', at(name), ...options]);
  expect(ran.err).toBe('');
  return at(name);
}

beforeAll(async () => {
  await record('early-pc', 'a.kwind');
  await record('early-pc', 'slid.kwind', '--set', 'kaslr=0x8000000');
  await record('use-after-unmap', 'bug.kwind');
  await record('q35', 'q35.kwind');
  writeTrace(at('one.kwind'));
  writeTrace(
    at('two.kwind'),
    sampleEvents.map((event) => (event.type === 'phase.entered' ? { ...event, name: 'start_kernel' } : event)),
  );
});

const diff = (a: string, b: string, ...options: readonly string[]): Promise<Ran> =>
  kwind(['diff', at(a), at(b), ...options]);

describe('kwind diff', () => {
  it('says the same of the same', async () => {
    expect(await diff('a.kwind', 'a.kwind')).toMatchObject({ code: 0, err: '' });
  });

  it('takes KASLR out of the comparison, and says so', async () => {
    const ran = await diff('a.kwind', 'slid.kwind');
    expect(ran.code).toBe(0);
    expect(ran.lines.slice(1)).toEqual([
      '(kernel image, physical: 0x0 in A, 0xfffffffff8000000 in B; taken out of the comparison)',
      '(kernel image: 0xffffffff81000000 in A, 0xffffffff89000000 in B; taken out of the comparison)',
      'The same.',
    ]);
  });

  it('finds two real boots with and without KASLR to be the same', async () => {
    for (const log of ['q35-kaslr', 'q35-nokaslr'])
      await kwind(['import', join(traces, 'logs', `${log}.log.gz`), '-o', at(`${log}.kwind`)]);
    expect((await diff('q35-kaslr.kwind', 'q35-nokaslr.kwind')).code).toBe(0);
  });

  it('tells a planted change as a person would', async () => {
    const ran = await diff('one.kwind', 'two.kwind');
    expect(ran.code).toBe(1);
    expect(ran.lines.slice(1)).toEqual([
      '1 difference, the first at #8 of A and #8 of B',
      '',
      'changed: event #8 of A, #8 of B  phase.entered',
      '    name: setup_arch -> start_kernel',
      '    the same again from #9 of A and #9 of B on',
      '',
      'After the first difference (#8 of A, #8 of B):',
      '  boot',
      '    - phase setup_arch',
      '    + phase start_kernel',
      '',
      'At the end (#19 of A, #19 of B):',
      '  boot',
      '    - phase setup_arch',
      '    + phase start_kernel',
    ]);
    expect((await diff('one.kwind', 'two.kwind', '--stat')).lines).toEqual([
      '1  changed  phase.entered',
      '1 difference',
    ]);
    expect((await diff('one.kwind', 'two.kwind', '--unified')).lines.slice(2, 5)).toEqual([
      '@@ -8 +8 @@ ',
      '-phase.entered name=setup_arch',
      '+phase.entered name=start_kernel',
    ]);
    expect((await diff('one.kwind', 'two.kwind', '--json')).json()).toMatchObject({
      same: false,
      differences: [{ kind: 'changed', a: { seq: 7 } }],
    });
    expect((await diff('one.kwind', 'two.kwind', '--ignore', 'name')).code).toBe(0);
    expect((await diff('one.kwind', 'two.kwind', '--only', 'slot.*')).code).toBe(0);
    expect((await diff('one.kwind', 'two.kwind', '--from', '8')).code).toBe(0);
  });

  it('writes one page that needs nothing else', async () => {
    await diff('one.kwind', 'two.kwind', '--html', at('diff.html'));
    const page = readFileSync(at('diff.html'), 'utf8');
    expect(page).toContain('<title>');
    expect(page).not.toMatch(/https?:|<script|src=|href=/);
  });

  it('answers mistakes', async () => {
    expect((await diff('one.kwind', 'two.kwind', '--ignore', 'nme')).err).toContain('no event has a field "nme"');
    expect((await diff('one.kwind', 'two.kwind', '--only', 'x.*')).code).toBe(2);
    expect((await diff('one.kwind', 'absent.kwind')).code).toBe(2);
    expect((await diff('one.kwind', 'absent.kwind', '--bisect-exit')).code).toBe(255);
  });
});

describe('kwind assert', () => {
  it.each(['iomem', 'ioports', 'vmalloc', 'ptdump'])('agrees with its own %s', async (topic) => {
    writeFileSync(at(`${topic}.txt`), (await kwind(['show', at('q35.kwind'), topic])).out);
    const ran = await kwind(['assert', at('q35.kwind'), at(`${topic}.txt`), '--as', topic]);
    expect([ran.code, ran.err]).toEqual([0, '']);
  });

  it('tells a difference as a range', async () => {
    const text = readFileSync(at('iomem.txt'), 'utf8').split('\n');
    writeFileSync(at('cut.txt'), text.toSpliced(2, 1).join('\n'));
    const ran = await kwind(['assert', at('q35.kwind'), at('cut.txt')]);
    expect(ran.code).toBe(1);
    expect(ran.lines[0]).toBe('0x000000000009fc00-0x000000000009ffff  file: nothing  trace: Reserved');
    writeFileSync(at('junk.txt'), 'junk\n');
    expect((await kwind(['assert', at('q35.kwind'), at('junk.txt')])).err).toContain(
      'is none of the texts that can be compared',
    );
    expect((await kwind(['assert', at('q35.kwind'), at('junk.txt'), '--as', 'iomem'])).err).toContain(
      'line 1 is no resource',
    );
  });

  it('joins neighbours that differ alike, and splits where one side changes', () => {
    const range = (start: bigint, end: bigint, label: string): { start: bigint; end: bigint; label: string } => ({
      start,
      end,
      label,
    });
    expect(compareRanges([range(0n, 10n, 'a')], [range(0n, 4n, 'a'), range(4n, 10n, 'a')])).toEqual([]);
    expect(compareRanges([range(0n, 10n, 'a')], [range(2n, 4n, 'a')])).toEqual([
      { start: 0n, end: 2n, file: 'a', trace: '' },
      { start: 4n, end: 10n, file: 'a', trace: '' },
    ]);
  });
});

describe('kwind baseline and regress', () => {
  it('lets good boots pass and finds what a bad one does', async () => {
    expect((await kwind(['baseline', 'build', at('a.kwind'), at('slid.kwind'), '-o', at('base.json')])).code).toBe(0);
    await record('early-pc', 'third.kwind', '--set', 'kaslr=0x4000000');
    expect((await kwind(['regress', at('base.json'), at('third.kwind')])).code).toBe(0);
    const ran = await kwind(['regress', at('base.json'), at('bug.kwind'), '--junit', at('junit.xml')]);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('broken rule used-after-unmap by load() from dmi_string');
    expect(readFileSync(at('junit.xml'), 'utf8')).toMatch(/^<\?xml[\s\S]*<testsuite [\s\S]*<failure message="new">/);
    expect((await kwind(['regress', at('iomem.txt'), at('bug.kwind')])).err).toContain('is no baseline');
  });
});
