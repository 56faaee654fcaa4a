import { ToolError, type KernelProfile, type Level } from '@kwind/x86';
import { ByteReader, ByteWriter, type Checkpoint, type CheckpointPart } from '@kwind/events';
import { readColumn, writeColumn } from '@kwind/events/raw';
import { decodeSmall, encodeSmall } from './checkpoint.ts';
import type { MachineState } from './machine.ts';
import { PageStore, wordsOf, type TableInfo } from './page-store.ts';
import { REDUCER_VERSION } from './reduce.ts';

/**
 * A state as a trace keeps it: the small part and the names of the pages at once, the pages themselves in parts of
 * 32, each stored when one of them changed and read when one of them is looked at.
 */
export const PAGES_A_PART = 32;
const ENTRIES = 512;

/** Where the low words of a page's entries stand; the high ones stand one behind. */
const places = Uint32Array.from({ length: ENTRIES }, (_, index) => 2 * index);

export interface StoredState {
  readonly checkpoint: Checkpoint;
  readonly parts: Iterable<CheckpointPart>;
}

/** @param earlier the state stored before, of which this one is a later; without it, all pages are written */
export function storedState(state: MachineState, earlier?: MachineState): StoredState {
  const out = new ByteWriter();
  encodeSmall(out, state);
  const infos = state.pages.infos();
  out.varint(infos.length);
  for (const { table, level, name } of infos) {
    out.text(String(table));
    out.text(level);
    out.text(name);
  }
  const checkpoint = { position: state.position, reducer: REDUCER_VERSION, bytes: out.done() };
  return { checkpoint, parts: partsOf(state.pages, earlier?.pages) };
}

function* partsOf(pages: PageStore, earlier: PageStore | undefined): Generator<CheckpointPart> {
  const out = new ByteWriter();
  for (let first = 0; first < pages.size; first += PAGES_A_PART) {
    const end = Math.min(first + PAGES_A_PART, pages.size);
    if (earlier && areUnchanged(pages, earlier, first, end)) continue;
    out.commit(0);
    for (let ordinal = first; ordinal < end; ordinal++) writePage(out, wordsOf(pages, ordinal));
    yield { part: first / PAGES_A_PART, bytes: out.done() };
  }
}

function areUnchanged(pages: PageStore, earlier: PageStore, first: number, end: number): boolean {
  for (let ordinal = first; ordinal < end; ordinal++) if (!pages.isUnchanged(earlier, ordinal)) return false;
  return true;
}

function writePage(out: ByteWriter, image: Uint32Array): void {
  writeColumn(out, { starts: places, words: image }, 0);
  writeColumn(out, { starts: places, words: image }, 1);
}

/** The pages of a part, at most 32; fewer when it was written while there were fewer. */
function readPart(bytes: Uint8Array): Uint32Array[] {
  const input = new ByteReader(bytes);
  const images: Uint32Array[] = [];
  while (!input.atEnd && images.length < PAGES_A_PART) {
    const image = new Uint32Array(2 * ENTRIES);
    readColumn(input, { starts: places, words: image }, 0, -1);
    readColumn(input, { starts: places, words: image }, 1, -1);
    images.push(image);
  }
  return images;
}

const damaged = (what: string): ToolError =>
  new ToolError('event/corrupt', `a stored checkpoint cannot be read: ${what}.`, 'Run kwind verify on the trace.');

/** Reads pages of a stored state, whole parts at a time. */
export class StoredPages {
  readonly #read: (part: number) => Uint8Array | undefined;
  readonly #parts = new Map<number, readonly Uint32Array[]>();

  constructor(read: (part: number) => Uint8Array | undefined) {
    this.#read = read;
  }

  /** The page with this ordinal. The caller must not write to it. */
  page(ordinal: number): Uint32Array {
    const part = Math.floor(ordinal / PAGES_A_PART);
    let images = this.#parts.get(part);
    if (!images) {
      const bytes = this.#read(part);
      if (!bytes) throw damaged(`pages ${part * PAGES_A_PART} and following are missing`);
      this.#parts.set(part, (images = readPart(bytes)));
    }
    return images[ordinal % PAGES_A_PART] ?? fail(ordinal);
  }
}

function fail(ordinal: number): never {
  throw damaged(`page ${ordinal} is missing`);
}

/**
 * The state that {@link storedState} stored. Its pages are read when they are first looked at.
 * @param read gives a part's bytes
 * @throws ToolError event/corrupt when the bytes are not such a state, also later when a page is looked at
 */
export function loadState(
  { bytes }: Checkpoint,
  read: (part: number) => Uint8Array | undefined,
  profile: KernelProfile,
): MachineState {
  const input = new ByteReader(bytes);
  const small = decodeSmall(input, profile);
  const infos: TableInfo[] = [];
  const count = input.varint();
  for (let i = 0; i < count; i++) {
    infos.push(Object.freeze({ table: Number(input.text()), level: input.text() as Level | '', name: input.text() }));
  }
  const stored = new StoredPages(read);
  return Object.freeze({ ...small, pages: PageStore.lazy(infos, (_table, ordinal) => stored.page(ordinal)) });
}
