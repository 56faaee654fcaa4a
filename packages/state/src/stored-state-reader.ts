import { ToolError, type KernelProfile } from '@kwind/x86';
import type { TraceReader } from '@kwind/events';
import type { ControlState } from './control.ts';
import type { MachineState } from './machine.ts';
import { PageStore, type Page, type TableInfo } from './page-store.ts';
import { REDUCER_VERSION } from './reduce.ts';
import {
  chunkPart,
  controlOf,
  decodePage,
  decodePages,
  decodeSmallState,
  decodeTables,
  nrTablesOf,
  groupOf,
  groupPart,
  pagePart,
  TABLES_A_CHUNK,
} from './stored-state.ts';

/** A page as it was stored; `page` is undefined when the table was not known then. */
export interface StoredPage {
  readonly position: number;
  readonly page: Page | undefined;
}

export interface StoredGroup {
  readonly position: number;
  readonly pages: readonly Page[];
}

/** The machine at a checkpoint: all but the pages, and how many of them there were. */
export interface StoredControl {
  readonly state: MachineState;
  readonly tables: number;
}

type Parts = Pick<TraceReader, 'checkpointAtOrBefore' | 'checkpointPart'>;

/** Slices and lists of tables that were decoded last; those of one recording are mostly the same again and again. */
const KEPT = 128;
interface Kept {
  readonly parts: Map<string, unknown>;
  /** By table: where it stands in the list of tables, of those in full chunks. */
  readonly places: Map<number, number>;
}
/** Of each trace that is open, whoever reads its states. */
const keptOf = new WeakMap<Parts, Kept>();

/** Reads what StateKeeper stored. */
export class StoredStates {
  readonly #reader: Parts;
  readonly #profile: KernelProfile;
  readonly #kept: Kept;

  constructor(reader: Parts, profile: KernelProfile) {
    this.#reader = reader;
    this.#profile = profile;
    this.#kept = keptOf.get(reader) ?? { parts: new Map(), places: new Map() };
    keptOf.set(reader, this.#kept);
  }

  /**
   * The machine at the last checkpoint at or before a position, with no pages; undefined when there is none.
   * @throws ToolError event/corrupt, trace/damaged, trace/io
   */
  controlAtOrBefore(position: number): StoredControl | undefined {
    const checkpoint = this.#reader.checkpointAtOrBefore(position, REDUCER_VERSION);
    if (!checkpoint) return undefined;
    const small = decodeSmallState(checkpoint.bytes);
    if (small.position !== checkpoint.position) throw missing(`the checkpoint at position ${checkpoint.position}`);
    const control: ControlState = controlOf(small, this.#profile, (part, decode) =>
      this.#part(checkpoint.position, part, decode),
    );
    const state: MachineState = Object.freeze({
      profile: this.#profile,
      position: small.position,
      control,
      counters: small.counters,
      calls: small.calls,
      pages: new PageStore(),
    });
    return { state, tables: small.tables };
  }

  /** Frame, level and name of all pages at a checkpoint, in the order in which they were first seen. */
  infos({ state, tables }: StoredControl): readonly TableInfo[] {
    const infos: TableInfo[] = [];
    for (let from = 0; from < tables; from += TABLES_A_CHUNK)
      infos.push(...this.#part(state.position, chunkPart(from / TABLES_A_CHUNK), decodeTables));
    if (infos.length < tables) throw missing(`${tables - infos.length} page tables`);
    return infos.slice(0, tables);
  }

  /** Whether the last checkpoint at or before a position lists a table. Reads no more of it than that. */
  isListed(table: number, position: number): boolean {
    const checkpoint = this.#reader.checkpointAtOrBefore(position, REDUCER_VERSION);
    if (!checkpoint) return false;
    const tables = nrTablesOf(checkpoint.bytes);
    const full = tables - (tables % TABLES_A_CHUNK);
    const place = this.#placesUpTo(full, checkpoint.position).get(table);
    if (place !== undefined) return place < full;
    if (full === tables) return false;
    const rest = this.#part(checkpoint.position, chunkPart(full / TABLES_A_CHUNK), decodeTables);
    return rest.slice(0, tables - full).some((info) => info.table === table);
  }

  /** A table's page as it was stored last at or before a position, undefined when it never was. */
  pageAtOrBefore(table: number, position: number): StoredPage | undefined {
    const own = this.#reader.checkpointPart({ position, reducer: REDUCER_VERSION }, pagePart(table));
    const group = this.#reader.checkpointPart({ position, reducer: REDUCER_VERSION }, groupPart(groupOf(table)));
    const last = own && own.position >= (group?.position ?? 0) ? own : group;
    return last && { position: last.position, page: decodePage(last.bytes(), table) };
  }

  /** The pages of a group of tables as they were stored together last at or before a position. */
  groupAtOrBefore(group: number, position: number): StoredGroup | undefined {
    const stored = this.#reader.checkpointPart({ position, reducer: REDUCER_VERSION }, groupPart(group));
    return stored && { position: stored.position, pages: decodePages(stored.bytes(), group) };
  }

  /** Places in the list of the tables in its full chunks, of `full` tables at least: which those are never changes. */
  #placesUpTo(full: number, position: number): ReadonlyMap<number, number> {
    const places = this.#kept.places;
    while (places.size < full) {
      const from = places.size;
      const infos = this.#part(position, chunkPart(from / TABLES_A_CHUNK), decodeTables);
      for (const [i, { table }] of infos.entries()) places.set(table, from + i);
      if (places.size !== from + TABLES_A_CHUNK) throw missing(`page tables from ${from} on`);
    }
    return places;
  }

  #part<T>(position: number, part: number, decode: (bytes: Uint8Array) => T): T {
    const stored = this.#reader.checkpointPart({ position, reducer: REDUCER_VERSION }, part);
    if (!stored) throw missing(`part ${part} at position ${position}`);
    const key = `${part}@${stored.position}`;
    if (this.#kept.parts.has(key)) return this.#kept.parts.get(key) as T;
    return this.#keep(key, decode(stored.bytes()));
  }

  #keep<T>(key: string, value: T): T {
    const { parts } = this.#kept;
    parts.set(key, value);
    if (parts.size > KEPT) parts.delete(parts.keys().next().value!);
    return value;
  }
}

const missing = (what: string): ToolError =>
  new ToolError('event/corrupt', `a stored checkpoint lacks ${what}.`, 'Run kwind verify on the trace.');
