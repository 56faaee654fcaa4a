import { ToolError, type KernelProfile, type Level, type Position } from '@kwind/x86';
import { ByteReader, ByteWriter, type Checkpoint, type CheckpointPart } from '@kwind/events';
import { decodeBig, encodeBig } from './checkpoint.ts';
import { initialControl, type CallFrame, type ControlState, type Counters } from './control.ts';
import { deepFreeze } from './machine.ts';
import { PAGE_WORDS } from './page-cell.ts';
import type { Page, TableInfo } from './page-store.ts';
import { isSlice, isSmall } from './stored-shape.ts';
import { readImage, writeImage } from './stored-state-page.ts';

/*
 * A machine as a trace keeps it. A checkpoint is small: what changes with every few events. All the rest is in parts,
 * each stored again when it changed and found as it was put last at or before a position: slices of the control state
 * that change rarely, the list of tables, and page-table pages. A part of pages is the pages at its own position, not
 * at that of any later checkpoint: what was stored to one since is found in the events.
 */

/** Slices of the control state with a part of their own. Their order is part of the format. */
export const slices = ['resources', 'e820', 'reserved', 'vmalloc', 'memtypes'] as const;
type Slice = (typeof slices)[number];

/** Tables whose frame, level and name make one part. */
export const TABLES_A_CHUNK = 256;
/** Neighbouring frames whose pages make one part. */
export const FRAMES_A_GROUP = 32;
/** Of a page's length; more than a name of any trace that opens can need. */
const LENGTH_BYTES = 3;

const FIRST_CHUNK = -16;
export const slicePart = (slice: number): number => -1 - slice;
export const chunkPart = (chunk: number): number => FIRST_CHUNK - chunk;
export const groupOf = (table: number): number => Math.floor(table / FRAMES_A_GROUP);
/** Frames have 52 bits at most, so twice one is exact. */
export const groupPart = (group: number): number => 2 * group + 1;
export const pagePart = (table: number): number => 2 * table;

const levels: readonly (Level | '')[] = ['', 'pte', 'pmd', 'pud', 'p4d', 'pgd'];

const damaged = (what: string, cause?: unknown): ToolError =>
  new ToolError('event/corrupt', `a stored checkpoint cannot be read: ${what}.`, 'Run kwind verify on the trace.', {
    cause,
  });

/** What a checkpoint says at once. */
export interface SmallState {
  readonly position: Position;
  readonly control: Omit<ControlState, Slice>;
  readonly counters: Counters;
  readonly calls: CallFrame | null;
  /** By slice, whether it was ever stored; else it is as at power-on. */
  readonly stored: readonly boolean[];
  readonly tables: number;
}

interface SmallJson {
  readonly control: Omit<ControlState, Slice>;
  readonly counters: Counters;
  readonly calls: readonly Omit<CallFrame, 'outer'>[];
}

/** @throws ToolError event/corrupt */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, decodeBig);
  } catch (cause) {
    throw damaged('its text is cut off', cause);
  }
}

export function encodeSmallState(state: SmallState): Uint8Array<ArrayBuffer> {
  const calls: Omit<CallFrame, 'outer'>[] = [];
  for (let call = state.calls; call; call = call.outer) {
    const { outer: _outer, ...rest } = call;
    calls.unshift(rest);
  }
  const {
    resources: _1,
    e820: _2,
    reserved: _3,
    vmalloc: _4,
    memtypes: _5,
    ...control
  } = state.control as ControlState;
  const json: SmallJson = { control, counters: state.counters, calls };
  const out = new ByteWriter();
  out.varint(state.position % 2 ** 32);
  out.varint(Math.floor(state.position / 2 ** 32));
  out.varint(state.tables);
  for (const isStored of state.stored) out.byte(isStored ? 1 : 0);
  out.text(JSON.stringify(json, encodeBig));
  return out.done();
}

/**
 * How many tables there were, without reading the rest.
 * @throws ToolError event/corrupt
 */
export function nrTablesOf(bytes: Uint8Array): number {
  const input = new ByteReader(bytes);
  input.varint();
  input.varint();
  return input.varint();
}

/** @throws ToolError event/corrupt */
export function decodeSmallState(bytes: Uint8Array): SmallState {
  const input = new ByteReader(bytes);
  const position = (input.varint() + input.varint() * 2 ** 32) as Position;
  const tables = input.varint();
  const stored = slices.map(() => input.byte() !== 0);
  const json = parse(input.text());
  if (!isSmall(json)) throw damaged('its text says something else than a machine');
  const { control, counters, calls } = json as SmallJson;
  let innermost: CallFrame | null = null;
  for (const frame of calls) innermost = Object.freeze({ ...frame, args: Object.freeze(frame.args), outer: innermost });
  return {
    position,
    control: deepFreeze(control),
    counters: Object.freeze(counters),
    calls: innermost,
    stored,
    tables,
  };
}

export function encodeSlice(value: unknown): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.text(JSON.stringify(value, encodeBig));
  return out.done();
}

/** Makes a value of a part's bytes. */
export type Decode = (bytes: Uint8Array) => unknown;

/** The control state of a checkpoint; `read` gives a part of it, decoded. */
export function controlOf(
  small: SmallState,
  profile: KernelProfile,
  read: (part: number, decode: Decode) => unknown,
): ControlState {
  const initial = initialControl(profile);
  const rest: Record<string, unknown> = {};
  for (const [i, name] of slices.entries())
    rest[name] = small.stored[i]! ? read(slicePart(i), decodeSlice[i]!) : deepFreeze(initial[name]);
  return Object.freeze({ ...small.control, ...rest }) as ControlState;
}

/** By slice. */
const decodeSlice: readonly Decode[] = slices.map((name) => (bytes) => {
  const value = parse(new ByteReader(bytes).text());
  if (!isSlice[name](value)) throw damaged(`its text says something else than ${name}`);
  return deepFreeze(value);
});

function writeInfo(out: ByteWriter, { level, name }: TableInfo): void {
  out.byte(levels.indexOf(level));
  if (name === '') out.byte(0);
  else out.text(name);
}

function readInfo(input: ByteReader, table: number): TableInfo {
  const level = levels[input.byte()];
  if (level === undefined) throw damaged(`frame ${table} is a table of no level`);
  return Object.freeze({ table, level, name: input.text() });
}

export function encodeTables(infos: readonly TableInfo[], from: number, to: number): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  for (let i = from; i < to; i++) {
    const info = infos[i]!;
    out.varint(info.table % 2 ** 32);
    out.varint(Math.floor(info.table / 2 ** 32));
    writeInfo(out, info);
  }
  return out.done();
}

/** @throws ToolError event/corrupt */
export function decodeTables(bytes: Uint8Array): readonly TableInfo[] {
  const input = new ByteReader(bytes);
  const infos: TableInfo[] = [];
  while (!input.atEnd && infos.length < TABLES_A_CHUNK) {
    const low = input.varint();
    infos.push(readInfo(input, low + input.varint() * 2 ** 32));
  }
  return infos;
}

const scratch = new ByteWriter();

/** Pages of one group, each with its length before it, so that one can be read without the others. */
export function encodePages(
  infos: readonly TableInfo[],
  imageOf: (info: TableInfo) => Uint32Array,
): Uint8Array<ArrayBuffer> {
  scratch.commit(0);
  for (const info of infos) {
    scratch.byte(info.table % FRAMES_A_GROUP);
    const { at } = scratch.reserve(LENGTH_BYTES);
    scratch.commit(at + LENGTH_BYTES);
    writeInfo(scratch, info);
    writeImage(scratch, imageOf(info));
    const { bytes, at: end } = scratch.reserve(0);
    const length = end - at - LENGTH_BYTES;
    bytes[at] = length & 0xff;
    bytes[at + 1] = length >> 8;
    bytes[at + 2] = length >> 16;
  }
  return scratch.done();
}

/**
 * The page of a table in a part of pages, undefined when it is not there.
 * @throws ToolError event/corrupt
 */
export function decodePage(bytes: Uint8Array, table: number): Page | undefined {
  for (const { offset, page } of pagesIn(bytes)) if (offset === table % FRAMES_A_GROUP) return decodeOne(page, table);
  return undefined;
}

/**
 * All pages in the part of a group.
 * @throws ToolError event/corrupt
 */
export function decodePages(bytes: Uint8Array, group: number): readonly Page[] {
  const pages = [...pagesIn(bytes)];
  // One allocation: whoever asks for groups asks for thousands of pages.
  const words = new Uint32Array(PAGE_WORDS * pages.length);
  return pages.map(({ offset, page }, i) =>
    decodeOne(page, group * FRAMES_A_GROUP + offset, words.subarray(PAGE_WORDS * i, PAGE_WORDS * (i + 1))),
  );
}

function* pagesIn(bytes: Uint8Array): Generator<{ readonly offset: number; readonly page: Uint8Array }> {
  const input = new ByteReader(bytes);
  while (!input.atEnd)
    yield { offset: input.byte(), page: input.bytes(input.byte() | (input.byte() << 8) | (input.byte() << 16)) };
}

function decodeOne(bytes: Uint8Array, table: number, image?: Uint32Array): Page {
  const input = new ByteReader(bytes);
  return { info: readInfo(input, table), image: readImage(input, image) };
}

export interface StoredState {
  readonly checkpoint: Checkpoint;
  readonly parts: Iterable<CheckpointPart>;
}
