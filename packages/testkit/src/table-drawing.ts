import {
  coverageOf,
  describeFlags,
  entryPhys,
  hex,
  indexAt,
  isLeaf,
  isPresent,
  pfn,
  pfnOf,
  PTE,
  vaddr,
  walkLevels,
  _KERNPG_TABLE,
  type Level,
} from '@kwind/x86';
import { setEntry, type KernelContext } from '@kwind/kernel';
import { rootOf, type MachineView } from '@kwind/state';
import { fail } from './failure.ts';

type Range = readonly [bigint, bigint];
const EVERYTHING: Range = [0n, 0xffff_ffff_ffff_ffffn];

/**
 * The tables below CR3 as text, one present leaf a line, what repeats left blank:
 * ```
 * pgd[511] -> pud[511] -> pmd[505] -> pte[0] = 0xfed40 RW A D G NX
 *                      -> pmd[506] -> (empty table)
 * ```
 * The number is the frame. `within` keeps to branches that cover part of a range of addresses (both ends included).
 */
export function drawTables(view: MachineView, within: Range = EVERYTHING): string {
  const lines: string[] = [];
  drawLevel(view, pfnOf(rootOf(view)), 0, 0n, within, [], lines);
  return withBlanks(lines).join('\n');
}

/** A drawing with comments, empty lines and common indentation taken away, for comparing. */
export function undrawn(drawing: string): string {
  const lines = drawing.split('\n').map((line) => line.replace(/\s*#.*$/, '').trimEnd());
  const full = lines.filter((line) => line !== '');
  const indent = Math.min(
    ...full
      .map((line) => line.search(/\S/))
      .filter((column, i) => !full[i]!.trimStart().startsWith('->') && column >= 0),
  );
  return full.map((line) => line.slice(Number.isFinite(indent) ? indent : 0)).join('\n');
}

function drawLevel(
  view: MachineView,
  table: number,
  depth: number,
  base: bigint,
  within: Range,
  path: readonly string[],
  lines: string[],
): void {
  const levels = walkLevels(view.profile.levels);
  const level = levels[depth]!;
  const size = coverageOf(level, view.profile.levels);
  const before = lines.length;
  for (let index = 0; index < 512; index++) {
    const entry = view.pages.entry(table, index);
    const start = canonical(base + BigInt(index) * size, view);
    if (!isPresent(entry) || start > within[1] || start + size - 1n < within[0]) continue;
    const here = [...path, `${level}[${index}]`];
    if (isLeaf(level, entry))
      lines.push(`${here.join(' -> ')} = ${hex(entryPhys(level, entry) >> 12n)} ${describeFlags(level, entry)}`);
    else drawLevel(view, pfnOf(entryPhys(level, entry)), depth + 1, base + BigInt(index) * size, within, here, lines);
  }
  if (lines.length === before && path.length > 0) lines.push(`${path.join(' -> ')} -> (empty table)`);
}

function canonical(address: bigint, view: MachineView): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(view.profile.levels === 5 ? 57 : 48, address));
}

/** Blank out the steps that a line shares with the one above. */
function withBlanks(lines: readonly string[]): readonly string[] {
  let above: readonly string[] = [];
  return lines.map((line) => {
    const steps = line.split(' -> ');
    let shared = 0;
    while (shared < steps.length - 1 && shared < above.length && steps[shared] === above[shared]) shared++;
    above = steps;
    return shared === 0
      ? line
      : `${' '.repeat(steps.slice(0, shared).join(' -> ').length)} -> ${steps.slice(shared).join(' -> ')}`;
  });
}

const flagBits: Readonly<Record<string, bigint>> = {
  RW: PTE.RW,
  USR: PTE.USER,
  PWT: PTE.PWT,
  PCD: PTE.PCD,
  A: PTE.ACCESSED,
  D: PTE.DIRTY,
  G: PTE.GLOBAL,
  PSE: PTE.PSE,
  NX: PTE.NX,
};

/**
 * Store the entries that a drawing shows into the tables below CR3, allocating what is missing from frame `firstFrame` up.
 * A word `+0x…` after the flags sets further bits; `not-present` leaves Present out; links are P RW A D.
 */
export function plantTables(ctx: KernelContext, drawing: string, firstFrame = 0x1000): void {
  let next = firstFrame;
  let above: readonly string[] = [];
  for (const line of undrawn(drawing).split('\n')) {
    const steps = fillBlanks(line, above);
    above = steps;
    let table: number = pfnOf(rootOf(ctx.view));
    for (const step of steps) {
      const [, level, index, frame, flags] =
        /^(\w+)\[(\d+)\](?: = (0x[0-9a-f]+) ?(.*))?$/.exec(step) ?? fail(`the drawing has a step "${step}"`);
      if (frame !== undefined) {
        setEntry(ctx, level as Level, table, Number(index), (BigInt(frame) << 12n) | flagsOf(flags!));
        continue;
      }
      const held = ctx.view.pages.entry(table, Number(index));
      const lower = isPresent(held) ? pfnOf(entryPhys(level as Level, held)) : next++;
      if (!isPresent(held)) {
        ctx.emit({ type: 'table.allocated', table: pfn(lower), level: below(level as Level), name: '' });
        setEntry(ctx, level as Level, table, Number(index), (BigInt(lower) << 12n) | _KERNPG_TABLE);
      }
      table = lower;
    }
  }
}

const below = (level: Level): Level => ({ pgd: 'pud', p4d: 'pud', pud: 'pmd', pmd: 'pte', pte: 'pte' })[level] as Level;

function fillBlanks(line: string, above: readonly string[]): readonly string[] {
  const own = line.trim().replace(/^-> /, '').split(' -> ');
  const level = own[0]!.replace(/\[.*/, '');
  // The level of the first step drawn says how much of the line above is repeated.
  return line.startsWith(' ')
    ? [
        ...above.slice(
          0,
          above.findIndex((step) => step.startsWith(`${level}[`)),
        ),
        ...own,
      ]
    : own;
}

function flagsOf(text: string): bigint {
  let bits: bigint = PTE.PRESENT;
  for (const word of text.split(' ').filter((part) => part !== '')) {
    if (word === 'not-present') bits &= ~PTE.PRESENT;
    else if (word.startsWith('+0x')) bits |= BigInt(word.slice(1));
    else bits |= flagBits[word] ?? fail(`the drawing has a flag "${word}"`);
  }
  return bits;
}

/** Indices of an address from the root down, as a drawing writes them: `pgd[511] -> pud[511] -> pmd[505] -> pte[0]`. */
export function pathOf(view: MachineView, address: bigint): string {
  const { levels } = view.profile;
  return walkLevels(levels)
    .map((level) => `${level}[${indexAt(level, vaddr(address), levels)}]`)
    .join(' -> ');
}
