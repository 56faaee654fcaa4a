import {
  fixIdx,
  fixmapIndexOf,
  fixToVirtUnchecked,
  parseNumber,
  parseVaddr,
  slot,
  slotVirt,
  ToolError,
  vaddr,
  type KernelProfile,
  type Vaddr,
} from '@kwind/x86';
import { compileExpression, parseExpression } from '@kwind/state';
import type { Core } from './core.ts';

/** Bytes from `start` to `end − 1`; `end` is 2^64 at the top. */
export interface VaddrRange {
  readonly start: bigint;
  readonly end: bigint;
}

const TOP = 1n << 64n;

const refuse = (text: string): ToolError =>
  new ToolError(
    'address/invalid',
    `"${text}" is not an address.`,
    'Write 0xffffffffff200000, a symbol as bm_pte, fix NAME, slot N, or an expression.',
  );

/** A symbol of the kernel image, with an offset. */
function symbolAddress(profile: KernelProfile, text: string): bigint | undefined {
  const match = /^([A-Za-z_]\w*)(?:\s*\+\s*(\w+))?$/.exec(text);
  const base = match && Object.hasOwn(profile.symbols, match[1]!) ? profile.symbols[match[1]!] : undefined;
  if (base === undefined) return undefined;
  return base + (match![2] === undefined ? 0n : parseNumber(match![2], 'offset'));
}

/**
 * Read an address: hex digits, a symbol, `fix NAME`, `slot N` (where its window starts), or an expression that comes to one.
 * @throws ToolError address/invalid, address/not-canonical, fixmap/unknown, expression/*
 */
export function parseAddress(text: string, core: Core): Vaddr {
  const { profile } = core.timeline;
  const trimmed = text.trim();
  const fix = /^fix(?:map)?\s+(.+)$/.exec(trimmed);
  if (fix) return fixToVirtUnchecked(profile, fixIdx(fixmapIndexOf(profile, fix[1]!)));
  const window = /^slot\s+([0-9]+)$/.exec(trimmed);
  if (window) return slotVirt(profile, slot(slotNumber(window[1]!, profile)));
  if (/^(?:0x)?[0-9a-f_]+$/i.test(trimmed) && !/^[a-f]\w{0,3}$/i.test(trimmed))
    return parseVaddr(trimmed, profile.levels);
  const symbol = symbolAddress(profile, trimmed);
  if (symbol !== undefined) return vaddr(symbol);
  if (trimmed === '') throw refuse(text);
  const value = compileExpression(parseExpression(trimmed), core.scope).run(core.environment());
  if (typeof value !== 'bigint') throw refuse(text);
  return parseVaddr(`0x${value.toString(16)}`, profile.levels);
}

/** A slot's number. @throws ToolError command/usage when there are fewer */
export function slotNumber(text: string, profile: KernelProfile): number {
  const number = Number(text);
  if (number < profile.fixBtmapsSlots) return number;
  throw new ToolError('command/usage', `there is no slot ${text}.`, `Slots are 0 to ${profile.fixBtmapsSlots - 1}.`);
}

/**
 * Read a range of addresses: `A..B` half-open, `A..`, `..B`, `A,+LENGTH`, or one address for the page that holds it.
 * @throws ToolError as {@link parseAddress}
 */
export function parseVaddrRange(text: string, core: Core): VaddrRange {
  const sized = /^(.+?)\s*(?:,\s*\+|\s+len\s+)\s*(\w+)$/.exec(text.trim());
  if (sized) {
    const start = parseAddress(sized[1]!, core);
    return rangeOf(start, start + parseNumber(sized[2]!, 'length'), text);
  }
  const at = text.indexOf('..');
  if (at >= 0) {
    const [left, right] = [text.slice(0, at).trim(), text.slice(at + 2).trim()];
    return rangeOf(left === '' ? 0n : parseAddress(left, core), right === '' ? TOP : parseAddress(right, core), text);
  }
  const start = parseAddress(text, core) & ~0xfffn;
  return { start, end: start + 0x1000n };
}

function rangeOf(start: bigint, end: bigint, text: string): VaddrRange {
  if (start < end && end <= TOP) return { start, end };
  throw new ToolError(
    'address/invalid',
    `the range "${text.trim()}" is empty.`,
    'Its end is the first byte that no longer belongs to it.',
  );
}
