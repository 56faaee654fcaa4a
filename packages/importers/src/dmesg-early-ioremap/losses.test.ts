import { describe, expect, it } from 'vitest';
import { bootStart, log61, mapLine, stamped, unmapLine, warn61 } from './drawn-log.ts';
import { playNaively } from './naive-slots.ts';
import { parseBootLog } from './parse.ts';
import type { BootLog } from './types.ts';

const parse = (lines: readonly string[]): BootLog => parseBootLog(lines.join('\n'), { name: 'boot.log' });
const blocks = (...messages: readonly string[]): string[] => messages.flatMap((message) => warn61(message));
const assumedOf = (log: BootLog): unknown[] =>
  log.calls.flatMap((call) => (call.kind === 'assumed' ? [`${call.what} ${call.slot} ${call.reason}`] : []));
const weights = (log: BootLog, weight: string): string[] =>
  log.notes.filter((note) => note.weight === weight).map(({ kind, line }) => `${kind} ${line}`);

describe('slots in use before the first message', () => {
  it('are those below the first map, and are held until something shows otherwise', () => {
    const log = parse(log61(mapLine(1, 0xf5a20, 0x178), unmapLine(1, 0x178), mapLine(1, 0x1000, 8), unmapLine(1, 8)));
    expect(assumedOf(log)).toEqual(['map 0 before-debug']);
    expect(log.calls[0]).toMatchObject({
      beforeLine: 4,
      unknown: ['phys', 'offset', 'size'],
      call: { fn: '__early_ioremap', origin: 'assumed before boot.log:4' },
    });
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [0] });
    expect(weights(log, 'contradiction')).toEqual([]);
  });

  it('are learnt from their unmap: exact size, and offset when the pointer is raw', () => {
    const log = parse(log61(mapLine(1, 0x1000, 8), unmapLine(1, 8), unmapLine(0, 0x178, 'ffffffffff200a20')));
    expect(log.calls[0]).toMatchObject({ unknown: ['phys'], call: { args: [0xa20n, 0x178n] } });
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('are assumed when the log starts late, which is said', () => {
    const log = parse(blocks(unmapLine(1, 0x24), mapLine(1, 0x1000, 8), unmapLine(1, 8), unmapLine(0, 0x34)));
    expect(assumedOf(log)).toEqual(['map 0 starts-late', 'map 1 starts-late']);
    expect(weights(log, 'loss')).toContain('starts-late 2');
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('are emptied again where the log shows that a lower one was free', () => {
    const log = parse(blocks(unmapLine(1, 0x24), mapLine(0, 0x1000, 8)));
    expect(assumedOf(log)).toEqual(['map 0 starts-late', 'map 1 starts-late', 'unmap 0 starts-late']);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [0] });
  });
});

describe('lost lines', () => {
  const before = log61(mapLine(0, 0xf0000, 0x10000), mapLine(1, 0x1000, 8));

  it.each([
    '** 73 printk messages dropped **',
    '[    0.000000] ** 73 printk messages dropped **',
    'systemd-journald[1]: Missed 73 kernel messages',
  ])('are noticed by "%s"', (mark) => {
    const log = parse([...before, mark, ...blocks(mapLine(0, 0x2000, 8))]);
    expect(log.notes).toContainEqual(
      expect.objectContaining({ kind: 'dropped-messages', text: '73 messages are missing here.' }),
    );
  });

  it('make the unmaps assumed that must have happened in them', () => {
    const log = parse([
      ...before,
      '** 9 printk messages dropped **',
      ...blocks(mapLine(0, 0x2000, 8), unmapLine(0, 8), unmapLine(1, 8)),
    ]);
    expect(assumedOf(log)).toEqual(['unmap 0 lost-lines']);
    expect(weights(log, 'contradiction')).toEqual([]);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('make a mapping replaced when its unmap is of another size or address', () => {
    const log = parse([
      ...before,
      '** 9 printk messages dropped **',
      ...blocks(unmapLine(1, 0x5000), unmapLine(0, 0x10000)),
    ]);
    expect(assumedOf(log)).toEqual(['unmap 1 lost-lines', 'map 1 lost-lines']);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('may end with a message on the same line', () => {
    const log = parse([...before, `** 9 printk messages dropped ** [    0.000000] ${unmapLine(1, 8)}`]);
    expect(log.counts.unmaps).toBe(1);
  });

  it('are those of a debug message that cannot be read', () => {
    const log = parse([...before, ...blocks(unmapLine(1, 8).slice(0, 20)), ...blocks(mapLine(1, 0x2000, 8))]);
    expect(weights(log, 'loss')).toEqual(['garbled-line 34', 'assumed-unmap 49']);
    expect(playNaively(log.calls).disagreements).toEqual([]);
  });

  it('at the end are said to be lost', () => {
    expect(weights(parse(before.slice(0, -3)), 'loss')).toEqual(['cut-at-end 18']);
  });
});

describe('a log that contradicts itself', () => {
  const tail = [
    mapLine(0, 0x3000, 8),
    mapLine(1, 0x4000, 8),
    unmapLine(1, 8),
    unmapLine(0, 8),
    mapLine(0, 0x5000, 8),
    unmapLine(0, 8),
  ];

  it('by a wrong slot number is reported at that line', () => {
    const wrong = [mapLine(2, 0xf5a20, 0x178), unmapLine(0, 0x178)];
    for (const [line, log] of [
      [4, parse(log61(...wrong, ...tail))],
      [94, parse(log61(...tail, ...wrong, ...tail))],
    ] as const) {
      expect(weights(log, 'contradiction')).toEqual([`slot-disagrees ${line}`]);
      expect(playNaively(log.calls).disagreements.filter((text) => !text.startsWith(`boot.log:${line} `))).toEqual([]);
    }
  });

  it('by a missing unmap gets it assumed, and goes on', () => {
    const log = parse(log61(mapLine(0, 0x1000, 8), ...tail));
    expect(assumedOf(log)).toEqual(['unmap 0 unexplained']);
    expect(weights(log, 'contradiction')).toEqual(['assumed-unmap 19']);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('by a missing map gets it assumed, and goes on', () => {
    const log = parse(log61(...tail, unmapLine(0, 0x44), ...tail));
    expect(assumedOf(log)).toEqual(['map 0 unexplained']);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [] });
  });

  it('by a mapping that stays, of which the leak check says nothing, is reported', () => {
    const end = stamped(['Freeing unused kernel image (initmem) memory: 2824K'], '[    2.938897] ');
    const open = log61(mapLine(0, 0x1000, 8));
    expect(weights(parse([...open, ...end]), 'contradiction')).toEqual(['leak 4']);
    expect(weights(parse([...open, '** 9 printk messages dropped **', ...end]), 'contradiction')).toEqual([]);
    expect(weights(parse(open), 'contradiction')).toEqual([]);
  });

  it('by a size that does not span the printed pages is reported', () => {
    const log = parse(log61(mapLine(0, 0xf5a20, 0x178), unmapLine(0, 0x2178)));
    expect(weights(log, 'contradiction')).toEqual(['size-disagrees 19']);
  });

  it('by a pointer of another slot is reported, and the pointer decides', () => {
    const log = parse(
      log61(
        mapLine(0, 0x1000, 8),
        mapLine(1, 0x2010, 8),
        unmapLine(0, 8, 'ffffffffff240010'),
        unmapLine(0, 8, 'ffffffffff200000'),
      ),
    );
    expect(weights(log, 'contradiction')).toEqual(['slot-disagrees 34']);
    expect(playNaively(log.calls)).toMatchObject({ disagreements: ['boot.log:34 slot: 0, not 1'], inUse: [] });
  });

  it.each(['[9] => 00000000 + ffffffffff440000', '[200] => 00000000 + ffffffffff440000'])(
    'by a slot that does not exist is reported: %s',
    (tail9) => {
      const wrong = `__early_ioremap(0x0000000000002000, 00001000) ${tail9}`;
      const eight = Array.from({ length: 8 }, (_, slot) => mapLine(slot, 0x1000, 8));
      expect(weights(parse(log61(wrong)), 'contradiction')).toEqual(['slot-disagrees 4']);
      expect(weights(parse(log61(...eight, wrong)), 'contradiction')).toEqual(['slot-disagrees 124']);
      expect(weights(parse(log61(unmapLine(9, 8))), 'contradiction')).toEqual(['slot-disagrees 4']);
    },
  );
});

describe('messages that are printed again', () => {
  const ordinary = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => `[    0.000000] ordinary message ${from + at}`);
  const first = [
    ...bootStart(),
    ...ordinary(0, 6),
    ...blocks(mapLine(0, 0x1000, 8)),
    ...ordinary(6, 9),
    ...blocks(unmapLine(0, 8)),
    ...ordinary(9, 15),
  ];
  const later = stamped(['later message'], '[    1.000000] ');

  it('by a console that starts with what is in the buffer are counted once', () => {
    const log = parse([...first, ...first, ...later]);
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 1, repeated: 2 });
    expect(log.notes).toMatchObject([{ kind: 'repeated-part', line: first.length + 1 }]);
  });

  it('by a console that lost the first of them are counted once', () => {
    const log = parse([
      ...first,
      '** 12 printk messages dropped **',
      ...first.slice(25),
      ...later,
      ...blocks(mapLine(0, 0x2000, 8)),
    ]);
    expect(log.counts).toMatchObject({ maps: 2, unmaps: 1, repeated: 1, assumed: 0 });
  });

  it('by dmesg at the end of a console log are counted once', () => {
    const log = parse([...first, ...later, 'login: ', ...first.slice(20), ...later]);
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 1, repeated: 1, assumed: 0 });
  });

  it('by two consoles on one line are counted once', () => {
    const log = parse(first.flatMap((line) => [line, line]));
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 1, repeated: 2, assumed: 0 });
  });

  it('in full after a first copy with losses replace it', () => {
    const log = parse([
      ...first.slice(0, 10),
      '** 30 printk messages dropped **',
      ...ordinary(9, 15),
      ...first,
      ...later,
    ]);
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 1, assumed: 0 });
  });

  it('by a second boot are left out, and said to be', () => {
    const boot = (seconds: string): string[] => [
      ...first,
      ...stamped(['disk found', 'network up', 'init runs'], `[    ${seconds}] `),
    ];
    const log = parse([...boot('1.000001'), 'SeaBIOS', ...boot('1.000007')]);
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 1, repeated: 0 });
    expect(log.notes).toMatchObject([{ kind: 'other-boot' }]);
  });
});
