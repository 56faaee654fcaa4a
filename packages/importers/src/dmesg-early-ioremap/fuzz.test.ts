import fc from 'fast-check';
import { ToolError } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { bootStart, mapLine, stamped, unmapLine, warn44, warn61 } from './drawn-log.ts';
import { messagesIn } from './messages.ts';
import { playNaively } from './naive-slots.ts';
import { parseBootLog } from './parse.ts';
import { tokenize } from './tokenize.ts';
import type { BootLog } from './types.ts';

function tryParse(text: string): BootLog | undefined {
  try {
    return parseBootLog(text);
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

const slot = fc.nat({ max: 9 });
const size = fc.constantFrom(0, 1, 8, 0x24, 0x178, 0x1000, 0x10000, 0x50000);
const message = fc.oneof(
  fc.tuple(slot, fc.nat({ max: 0xfffff }), size).map(([at, phys, bytes]) => mapLine(at, phys, bytes)),
  fc
    .tuple(slot, size, fc.constantFrom('(____ptrval____)', '(null)', 'ffffffffff200000', 'ffffffffff240a20', '1'))
    .map((args) => unmapLine(...args)),
  fc.tuple(slot, size).map(([at, bytes]) => `${unmapLine(at, bytes)} size not consistent 00000100`),
  fc.constantFrom(
    'early_iounmap((____ptrval____), 00000010) not found slot',
    '__early_ioremap(0x00000000000f5a20, 00000178) not found slot',
    '',
    'Debug warning: early ioremap leak of 3 areas detected.',
  ),
);
const piece = fc.oneof(
  message.map((text) => warn61(text)),
  message.map((text) => warn44(text)),
  fc.constantFrom(
    ['** 12 printk messages dropped **'],
    bootStart(),
    ['[    0.100000] later'],
    ['[    0.000000] again'],
    ['** replaying previous printk message **'],
    ['[    0.000000] __early_ioremap(0x0000'],
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => [text]),
);
const drawn = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.flat().join('\n'));
/** Cut and glued anywhere. */
const damaged = fc
  .tuple(drawn, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 })), { maxLength: 8 }))
  .map(([text, cuts]) =>
    cuts.reduce(
      (rest, [at, length]) => rest.slice(0, at % (rest.length + 1)) + rest.slice((at % (rest.length + 1)) + length),
      text,
    ),
  );

describe('the boot-log importer, given anything', () => {
  it('throws nothing but a ToolError', () => {
    const check = (text: string): void => {
      expect(() => tryParse(text)).not.toThrow();
    };
    fc.assert(fc.property(fc.oneof(drawn, damaged, fc.string({ unit: 'binary' })), check), { numRuns: 400 });
  });

  it('gives calls that the kernel rules allow, or says where the log contradicts itself', () => {
    const check = (text: string): void => {
      const log = tryParse(text);
      if (!log || log.notes.some(({ weight }) => weight === 'contradiction')) return;
      const { disagreements } = playNaively(log.calls);
      // A pointer or base that does not fit its slot is for the run through the model to find.
      expect(disagreements.filter((found) => !/vaddr|slotVirt/.test(found))).toEqual([]);
    };
    fc.assert(fc.property(fc.oneof(drawn, damaged), check), { numRuns: 400 });
  });

  it('keeps seen calls in the order of the log, each with its line', () => {
    const check = (text: string): void => {
      const lines = tryParse(text)?.calls.map((call) => (call.kind === 'seen' ? call.line : call.beforeLine)) ?? [];
      expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    };
    fc.assert(fc.property(drawn, check), { numRuns: 200 });
  });
});

describe('the time that a log takes', () => {
  const msOf = (action: () => unknown): number => {
    const start = performance.now();
    action();
    return performance.now() - start;
  };

  it.each([
    ['brackets', '['.repeat(200_000)],
    ['spaces', `early_iounmap(${' '.repeat(200_000)}`],
    ['half messages', 'early_iounmap(f'.repeat(20_000)],
    ['words', 'Jan '.repeat(50_000)],
    ['escape characters', '\u001b['.repeat(100_000)],
    ['frames', ' ? a+0x'.repeat(30_000)],
    ['warnings', 'WARNING: mm/early_ioremap.c:1 '.repeat(5_000)],
    ['mem ranges', 'BIOS-e820: [mem 0x'.repeat(10_000)],
    ['swappers', 'Comm: 1.1'.repeat(20_000)],
  ])('does not grow with the square of a line of %s', (_, line) => {
    expect(msOf(() => messagesIn(tokenize(line, 1).text))).toBeLessThan(1000);
    expect(msOf(() => tryParse(`${line}\n${stamped(['x'])[0]!}`))).toBeLessThan(1500);
  });

  it('does not grow with the square of losses, breaks or open maps', () => {
    const losses = Array.from(
      { length: 20_000 },
      (_, at) => `** 1 printk messages dropped **\n[    0.000000] ${at % 2 ? unmapLine(0, 8) : mapLine(0, 0x1000, 8)}`,
    );
    expect(msOf(() => tryParse(losses.join('\n')))).toBeLessThan(4000);
    const unmatched = Array.from(
      { length: 20_000 },
      (_, at) => `[    0.000000] line ${at}\n[    0.000000] ${mapLine(at % 8, 0x1000, 8)}`,
    );
    expect(msOf(() => tryParse(unmatched.join('\n')))).toBeLessThan(4000);
    const restarts = Array.from(
      { length: 5000 },
      (_, at) =>
        `[    ${at % 2}.500000] line ${at}\n[    ${at % 2}.500000] ${mapLine(0, 0x1000, 8)}\n[    ${at % 2}.600000] ${unmapLine(0, 8)}`,
    );
    expect(msOf(() => tryParse(restarts.join('\n')))).toBeLessThan(4000);
  });
});
