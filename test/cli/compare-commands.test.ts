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
      '(kernel image: 0xffffffff81000000 in A, 0xffffffff89000000 in B; taken out of the comparison)',
      'The same.',
    ]);
  });

  it('says where the image lies in memory only when that is elsewhere', async () => {
    await record('early-pc', 'moved.kwind', '--set', 'phys_base=0x2000000');
    expect((await diff('a.kwind', 'moved.kwind')).lines.slice(1)).toEqual([
      '(kernel image, physical: 0x1000000 in A, 0x3000000 in B; taken out of the comparison)',
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

  it('lets no text of a trace become part of the page', async () => {
    const evil = '</code><script>alert(1)</script>&amp;"\u202e\u0007';
    writeTrace(
      at('evil.kwind'),
      sampleEvents.map((event) => (event.type === 'phase.entered' ? { ...event, name: evil } : event)),
    );
    await diff('one.kwind', 'evil.kwind', '--html', at('evil.html'));
    const page = readFileSync(at('evil.html'), 'utf8');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;&quot;');
    expect(page).not.toContain('<script');
    for (const mark of ['\u202e', '\u0007']) expect(page).not.toContain(mark);
    expect(page.match(/<article>/g)).toHaveLength(page.match(/<\/article>/g)!.length);
  });

  it('says which entry, slot, call or variable an event that changed is about', async () => {
    const other = at('about.kwind');
    writeTrace(
      other,
      sampleEvents.map((event) => {
        if (event.type === 'pte.written') return { ...event, after: event.after ^ 0x8000n } as typeof event;
        if (event.type === 'call.returned') return { ...event, result: event.result ^ 1n };
        return event;
      }),
    );
    const { out } = await diff('one.kwind', 'about.kwind', '--only', 'pte.*', '--only', 'call.*');
    expect(out).toMatch(/changed: event \S+ of A, \S+ of B {2}pte\.written <.+>\[\d+\]$/m);
    expect(out).toMatch(/changed: event \S+ of A, \S+ of B {2}call\.returned \w+\(\)$/m);
    expect((await diff('one.kwind', 'about.kwind', '--unified')).out).toMatch(/^-pte\.written <.+>\[\d+\] after=0x/m);
  });

  it('is quiet when it is asked to be, but for the exit code and what went wrong', async () => {
    expect(await diff('one.kwind', 'one.kwind', '-q')).toMatchObject({ code: 0, out: '', err: '' });
    expect(await diff('one.kwind', 'two.kwind', '--quiet')).toMatchObject({ code: 1, out: '', err: '' });
    expect(await diff('one.kwind', 'two.kwind', '--quiet', '--json')).toMatchObject({ code: 1, out: '' });
    expect((await diff('one.kwind', 'absent.kwind', '-q')).err).toContain('does not exist');
  });

  it('says which of the two has no such position', async () => {
    expect(await diff('q35.kwind', 'one.kwind', '--to', '1000')).toMatchObject({ code: 2 });
    expect((await diff('q35.kwind', 'one.kwind', '--to', '1000')).err).toContain(
      'one.kwind: position 1000 lies outside',
    );
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
    for (const as of [[], ['--as', topic]]) {
      const ran = await kwind(['assert', at('q35.kwind'), at(`${topic}.txt`), ...as]);
      expect([ran.code, ran.err]).toEqual([0, '']);
    }
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

  it('tells other flags of a page and another caller of an area as well', async () => {
    const page = readFileSync(at('ptdump.txt'), 'utf8');
    const line = page.split('\n').find((one) => /^0xffffffffff5f[\s\S]* RW .* pte$/.test(one))!;
    writeFileSync(at('ro.txt'), page.replace(line, line.replace(' RW ', ' ro ')));
    const flags = await kwind(['assert', at('q35.kwind'), at('ro.txt')]);
    expect([flags.code, flags.lines.length]).toEqual([1, 2]);
    expect(flags.lines[0]).toMatch(
      /^0xffffffffff5f[0-9a-f]{4}-0x[0-9a-f]{16} {2}file: pte (?!.*RW.*trace).* {2}trace: pte RW /,
    );
    const areas = readFileSync(at('vmalloc.txt'), 'utf8');
    const caller = /\d (\w+)(?:\+0x[0-9a-f]+)?(?:\/0x[0-9a-f]+)? phys=/.exec(areas)![1]!;
    writeFileSync(at('caller.txt'), areas.replace(` ${caller}`, ' somebody_else'));
    const other = await kwind(['assert', at('q35.kwind'), at('caller.txt')]);
    expect([other.code, other.lines.length]).toEqual([1, 2]);
    expect(other.lines[0]).toMatch(
      new RegExp(`file: ioremap phys=[0-9a-f]+ by somebody_else.* {2}trace: .* by ${caller}`),
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
