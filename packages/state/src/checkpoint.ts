import { ToolError, type KernelProfile, type Position } from '@kwind/x86';
import { ByteReader, ByteWriter } from '@kwind/events';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { CallFrame, ControlState, Counters } from './control.ts';
import { deepFreeze, type MachineState } from './machine.ts';
import { PageStore, PageWriter, wordsOf, type TableInfo } from './page-store.ts';

interface Small {
  readonly control: ControlState;
  readonly counters: Counters;
  readonly calls: readonly Omit<CallFrame, 'outer'>[];
}

const TAG = '#u64:';
export const encodeBig = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${TAG}${value.toString(16)}` : value;
export const decodeBig = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && value.startsWith(TAG) ? BigInt(`0x${value.slice(TAG.length)}`) : value;

/** Object keys in a fixed order, so that equal states give equal bytes whatever the order of insertion was. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function callsOf(innermost: CallFrame | null): Omit<CallFrame, 'outer'>[] {
  const frames: Omit<CallFrame, 'outer'>[] = [];
  for (let frame = innermost; frame; frame = frame.outer) {
    const { outer: _outer, ...rest } = frame;
    frames.unshift(rest);
  }
  return frames;
}

/** Position and all but the pages. */
function encodeSmall(out: ByteWriter, state: MachineState): void {
  const small: Small = { control: state.control, counters: state.counters, calls: callsOf(state.calls) };
  out.text(String(state.position));
  out.text(JSON.stringify(sorted(small), encodeBig));
}

/** What {@link encodeSmall} wrote, frozen. */
function decodeSmall(input: ByteReader, profile: KernelProfile): Omit<MachineState, 'pages'> {
  const position = Number(input.text()) as Position;
  const { control, counters, calls } = parseSmall(input.text());
  let innermost: CallFrame | null = null;
  for (const frame of calls) innermost = Object.freeze({ ...frame, args: Object.freeze(frame.args), outer: innermost });
  return { profile, position, control: deepFreeze(control), counters: Object.freeze(counters), calls: innermost };
}

/** A state as bytes: small part as JSON, then each page-table page as level, name and its non-zero entries. */
export function encodeState(state: MachineState): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  encodeSmall(out, state);
  const tables = [...state.pages.tables()].sort((a, b) => a - b);
  out.varint(tables.length);
  for (const table of tables) encodePage(out, state.pages, table);
  return out.done();
}

function encodePage(out: ByteWriter, pages: PageStore, table: number): void {
  const info = pages.info(table)!;
  const image = wordsOf(pages, table)!;
  out.text(String(table));
  out.text(info.level);
  out.text(info.name);
  const present: number[] = [];
  for (let index = 0; index < 512; index++)
    if (image[2 * index] !== 0 || image[2 * index + 1] !== 0) present.push(index);
  out.varint(present.length);
  let [previousIndex, previousLo, previousHi] = [0, 0, 0];
  for (const index of present) {
    const [lo, hi] = [image[2 * index]!, image[2 * index + 1]!];
    out.varint(index - previousIndex);
    out.delta(lo, previousLo);
    out.delta(hi, previousHi);
    [previousIndex, previousLo, previousHi] = [index, lo, hi];
  }
}

/**
 * The state that {@link encodeState} wrote.
 * @throws ToolError event/corrupt when the bytes are not such a state
 */
export function decodeState(bytes: Uint8Array, profile: KernelProfile): MachineState {
  const input = new ByteReader(bytes);
  const small = decodeSmall(input, profile);
  const writer = new PageWriter(new PageStore());
  const count = input.varint();
  for (let i = 0; i < count; i++) decodePage(input, writer);
  return Object.freeze({ ...small, pages: writer.finish() });
}

function parseSmall(text: string): Small {
  try {
    return JSON.parse(text, decodeBig) as Small;
  } catch (cause) {
    throw new ToolError('event/corrupt', 'a stored checkpoint cannot be read.', 'Run kwind verify on the trace.', {
      cause,
    });
  }
}

function decodePage(input: ByteReader, writer: PageWriter): void {
  const info: TableInfo = {
    table: Number(input.text()),
    level: input.text() as TableInfo['level'],
    name: input.text(),
  };
  const image = new Uint32Array(1024);
  const count = input.varint();
  let [index, lo, hi] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    index += input.varint();
    lo = input.delta(lo);
    hi = input.delta(hi);
    if (index > 511)
      throw new ToolError('event/corrupt', `a stored page has an entry ${index}.`, 'Run kwind verify on the trace.');
    image[2 * index] = lo;
    image[2 * index + 1] = hi;
  }
  writer.load(info, image);
}

/** SHA-256 of the state's canonical bytes, in hex: equal exactly when the machines are equal. */
export const stateHash = (state: MachineState): string => bytesToHex(sha256(encodeState(state)));
