import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';
import { restless, sampleEvents, writeTrace } from './sample-trace.ts';

const folder = scratch();
const trace = join(folder, 'leaked.kwind');
const script = fileURLToPath(new URL('../../traces/scripts/leaked-slot.kws', import.meta.url));

beforeAll(async () => {
  await kwind(['record', script, '-o', trace]);
});

const bisect = (...words: readonly string[]): ReturnType<typeof kwind> => kwind(['bisect', trace, ...words]);

describe('kwind bisect', () => {
  it('names the first bad position, its event, its calls and how to look', async () => {
    const ran = await bisect('--expr', '!slots[1].in_use');
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.lines.map((line) => line.replace(trace, 'T'))).toEqual([
      '658 is the first bad position (11 tests).',
      '  #658  slot.claimed  slot 1  0xffffffffff240000  phys 0xfebf0000 size 0x4000, 4 pages',
      '    __early_ioremap(0xfebf0000, 0x4000, 0x8000000000000163)',
      '      early_ioremap(0xfebf0000, 0x4000)  from xdbc_map_pci_mmio+0x8e/0xd0  leaked-slot.kws:13',
      '  !slots[1].in_use is false.',
      'Look at it with: kwind debug T --at 658',
    ]);
  });

  it('finds the same by a command, with git’s exit codes', async () => {
    const command = 'test -n "$KWIND_TRACE" || exit 200; grep -q prev_map || exit 126; test $KWIND_POSITION -lt 300';
    const ran = await bisect('run', 'sh', '-c', command.replace('grep -q prev_map', 'grep -q \'"position"\''));
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.lines[0]).toMatch(/^300 is the first bad position/);
    const skipping = await bisect(
      'run',
      'sh',
      '-c',
      'test $KWIND_POSITION -ge 280 && test $KWIND_POSITION -lt 320 && exit 125; test $KWIND_POSITION -lt 300',
    );
    expect(skipping.code).toBe(125);
    expect(skipping.out).toContain('one of 280 to 320');
    expect(await bisect('run', 'sh', '-c', 'exit 128')).toMatchObject({ code: 2, out: '' });
    expect((await bisect('run', 'no-such-command-here')).err).toContain('cannot be run');
    expect((await bisect('run')).err).toContain('the command is missing');
  });

  it('lists every turn, and says when there is more than one', async () => {
    const flips = await bisect('--expr', 'slots_in_use < 2', '--all-flips', '--json');
    expect((flips.json() as { flips: { position: number; now: string }[] }).flips.map(({ now }) => now)).toEqual([
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
      'bad',
      'good',
    ]);
    const some = await bisect('--expr', 'slots_in_use < 2', '--bad-at', '@nope');
    expect(some.err).toContain('no bookmark');
    const middle = (flips.json() as { flips: { position: number }[] }).flips[2]!.position;
    expect((await bisect('--expr', 'slots_in_use < 2', '--bad-at', String(middle))).err).toContain('it turns 3 times');
  });

  it('says what its answer is worth on a long trace, and needs few tests', async () => {
    const long = join(folder, 'long.kwind');
    writeTrace(long, [...sampleEvents.slice(0, 4), ...restless(30_000)]);
    const once = await kwind(['bisect', long, '--expr', 'event.seq < 12345', '--good-at', '1', '--json']);
    const { probes, position, turns } = once.json() as Record<string, never> & { turns: Record<string, number> };
    expect(position).toBe(12346);
    expect(probes).toBeLessThanOrEqual(Math.ceil(Math.log2(30_003)) + 2);
    expect(turns).toMatchObject({ turns: 1, positions: 30_004 });
    expect(once.err).toMatch(/among \d+ of 30,004 positions it turns once; it may turn to and fro/);
    const often = await kwind([
      'bisect',
      long,
      '--expr',
      'event.seq < 5000 or event.seq >= 9000 and event.seq < 30000',
      '--good-at',
      '1',
    ]);
    expect(often.err).toMatch(/it turns at least 3 times \(\d+ of 30,004 positions were looked at\)/);
  });

  it('tells git whether the boot turns bad', async () => {
    expect((await bisect('--expr', '!slots[1].in_use', '--bisect-exit')).code).toBe(1);
    expect((await bisect('--expr', 'warnings < 9', '--bisect-exit')).code).toBe(0);
    expect((await bisect('--expr', 'warnings > 9', '--bisect-exit')).code).toBe(1);
    expect((await bisect('--bisect-exit', 'run', 'sh', '-c', 'exit 125')).code).toBe(125);
    expect((await bisect('--expr', 'nonsense == 1', '--bisect-exit')).code).toBe(255);
  });

  it('says when an end is not what it should be', async () => {
    expect(await bisect('--expr', 'warnings < 9')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('nothing turned bad'),
    });
    expect(await bisect('--expr', 'warnings > 9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is bad already'),
    });
  });

  it('goes by hand, with other words, and replays its log', async () => {
    const terms = ['--term-old', 'fast', '--term-new', 'slow'];
    expect((await bisect('start', ...terms)).lines[0]).toBe('Test position 436: 871 left, about 10 steps.');
    expect((await bisect('fast')).lines[0]).toContain('Test position 654');
    expect((await bisect('skip')).lines[0]).toContain('Test position 653');
    expect((await bisect('skip', '640..650')).code).toBe(0);
    expect((await bisect('slow', '700')).code).toBe(0);
    expect((await bisect('fast', '800')).err).toContain('position 800 is good, but 700 is bad already');
    expect((await bisect('bad')).err).toContain('bisect has no action "bad"');
    const log = await bisect('log');
    expect(log.lines).toEqual([
      '# kwind bisect log',
      'start 872 0 fast slow',
      'fast 436',
      'skip 654',
      'skip 640..650',
      'slow 700',
    ]);
    const file = join(folder, 'steps');
    writeFileSync(file, log.out);
    expect((await bisect('reset')).code).toBe(0);
    expect(existsSync(`${trace}.bisect`)).toBe(false);
    expect((await bisect('log')).err).toContain('no search has been started');
    expect((await bisect('replay', file)).lines[0]).toContain('Test position 568');
    writeFileSync(file, 'nonsense\n');
    expect((await bisect('replay', file)).err).toContain('is no log of a search');
  });

  it('answers mistakes', async () => {
    expect((await bisect()).err).toContain('say what is good');
    expect((await bisect('--expr', 'slots[')).err).toContain('kwind:');
    expect((await bisect('--expr', 'nonsense == 1')).err).toContain('there is no "nonsense"');
    expect((await bisect('--all-flips')).err).toContain('--all-flips needs --expr');
    expect((await bisect('start', '--term-old', 'run')).err).toContain('cannot be a term');
    expect((await bisect('start', '5', '9')).err).toContain('does not come before');
  });
});
