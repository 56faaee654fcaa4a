import { codeOfType, isEntryCode, specOfCode, type EventView, type TraceReader } from '@kwind/events';
import { rawOf, type RawBatch } from '@kwind/events/raw';
import { hex, type KernelProfile } from '@kwind/x86';
import type { Apart } from './apart.ts';
import { finish, hashText, mix, mixNumber } from './hash.ts';
import { Places, type Entry, type Mode, type PageBy } from './places.ts';
import { plansFor, type FieldPlan } from './plans.ts';
import {
  countedOf,
  COUNTS_AFTER,
  COUNTS_BEFORE,
  COUNTS_INDEX,
  COUNTS_TABLE,
  depthOf,
  isLink,
  isNothing,
  ROOT,
  secondOf,
  SETTER,
} from './rows.ts';
import { frameOf, isDrawn, Tables, type Table } from './tables.ts';
import { functionOf, withoutOffsets, withPointers } from './texts.ts';

const PMD_WRITTEN = codeOfType('pmd.written');
const PTE_WRITTEN = codeOfType('pte.written');
const ENTERED = codeOfType('call.entered');
const VARIABLE_SET = codeOfType('variable.set');
const E820_REPLACED = codeOfType('e820.replaced');
const CR3_LOADED = codeOfType('cr3.loaded');
const IMAGE_TABLE = 'level2_kernel_pgt';
const TWO_32 = 0x1_0000_0000;

/** One field in the words that are compared. */
export interface NormalField {
  readonly name: string;
  readonly text: string;
}

/**
 * One side of a comparison. Says an event as a number or in words, both without what depends on where a boot happened to put
 * the kernel and what it allocated. The two agree: equal words give equal numbers, for both come from the same places.
 */
export class Canon {
  readonly profile: KernelProfile;
  readonly tables: Tables;
  readonly places: Places;
  readonly #apart: Apart;
  readonly #plans: readonly (readonly FieldPlan[])[];
  /** Fields of stores to entries that count: table, index, before, after. */
  readonly #entryFields: Uint8Array;
  readonly #isApart: boolean;
  /** Stores at addresses that were drawn by lot, and calls for them, which another build does for other places. */
  patches = 0;
  readonly #texts = new Map<string, number>();
  readonly #names = new Map<string, number>();

  constructor(
    reader: TraceReader,
    profile: KernelProfile,
    apart: Apart,
    ignored: readonly string[],
    aliases: ReadonlyMap<number, string>,
  ) {
    this.profile = profile;
    this.#apart = apart;
    // Which function a call is inlined into is the compiler's choice.
    this.#plans = plansFor(apart.rebuilt ? [...ignored, 'call.entered.caller'] : ignored);
    this.#isApart = apart.slid || apart.rebuilt;
    this.#entryFields = Uint8Array.from({ length: 256 }, (_, code) =>
      isEntryCode(code) ? countedOf(this.#plans[code]) : 0,
    );
    this.places = new Places(profile, apart);
    this.tables = new Tables(reader, profile, this.places.nameOf, aliases);
    this.places.tables = this.tables;
  }

  /** A number for row `i`, never 0; 0 when it says nothing but where the image lies. */
  hashOf(raw: RawBatch, i: number): number {
    const code = raw.codes[i]!;
    const at = raw.offsets[i]!;
    if (isEntryCode(code)) return this.#hashEntry(code, raw.words, at);
    if (code === ENTERED && this.#apart.rebuilt && this.#isPatching(raw, at)) {
      this.patches++;
      return 0;
    }
    let hash = code;
    for (const { how, skip } of this.#plans[code]!) hash = this.#hashField(hash, how, raw, at + skip, code, at);
    return finish(hash);
  }

  // The hot path: most events are stores to entries. No objects are made here.
  #hashEntry(code: number, words: Uint32Array, at: number): number {
    const counts = this.#entryFields[code]!;
    const table = this.tables.touched(words[at + 1]! * TWO_32 + words[at]!);
    const index = words[at + 2]!;
    if (this.#isApart) {
      if (this.#isNoise(code, table, index)) return 0;
      if (this.#apart.directMapSlid && isNothing(words, at)) return 0;
    }
    let hash = code;
    if (counts & COUNTS_TABLE) hash = mix(hash, table.id);
    if (counts & COUNTS_INDEX) {
      if (this.#isApart || table.drawn !== 'no') {
        this.places.placeEntry(table, index);
        hash = mixNumber(mix(hash, this.places.region), this.places.page);
      } else hash = mix(hash, index);
    }
    if (counts & COUNTS_BEFORE) hash = this.#hashStored(hash, code & 7, words[at + 3]!, words[at + 4]!, table, index);
    if (counts & COUNTS_AFTER) hash = this.#hashStored(hash, code & 7, words[at + 5]!, words[at + 6]!, table, index);
    return finish(hash);
  }

  #hashStored(hash: number, depth: number, lo: number, hi: number, table: Table, index: number): number {
    if (!this.#isApart && !isLink(depth, lo)) return mix(mix(hash, lo), hi);
    return this.#hashValue(hash, depth, lo, hi, isDrawn(table, index) ? 'pointer' : 'page', table, index);
  }

  /** An entry: its flags, and what it points to. */
  #hashValue(start: number, depth: number, lo: number, hi: number, mode: Mode, table?: Table, index = 0): number {
    const hash = mix(mix(start, lo & 0xfff), hi >>> 20);
    if (isLink(depth, lo)) {
      const child = this.tables.at(frameOf(lo, hi));
      if (child) return mix(mix(hash, 1), child.id);
    }
    this.#placeValue(lo, hi, mode, table, index);
    return mixNumber(mix(hash, this.places.region), this.places.page);
  }

  #placeValue(lo: number, hi: number, mode: Mode, table: Table | undefined, index: number): void {
    const { places } = this;
    if (table && places.isAllocated(table, index, frameOf(lo, hi))) places.placeAllocated();
    else places.place(mode, lo & ~0xfff, hi & 0xf_ffff);
  }

  #hashField(hash: number, how: FieldPlan['how'], raw: RawBatch, at: number, code: number, row: number): number {
    const { words, strings } = raw;
    switch (how) {
      case 'plain':
        return mix(hash, words[at]!);
      case 'wide':
        return mix(mix(hash, words[at]!), words[at + 1]!);
      case 'text':
        return mix(hash, this.#hashText(strings.at(words[at]!)!));
      case 'name':
        return mix(hash, this.#hashName(strings.at(words[at]!)!));
      case 'table':
        return mix(hash, this.tables.touched(words[at + 1]! * TWO_32 + words[at]!).id);
      case 'entry':
        return this.#hashValue(hash, code === CR3_LOADED ? ROOT : code & 7, words[at]!, words[at + 1]!, 'page');
      case 'list':
        return this.#hashList(hash, raw, at, code, row);
      case 'pointer':
        if (code === VARIABLE_SET && this.#isElsewhere(strings.at(words[row]!)!)) return mix(hash, 0);
        break;
    }
    const { places } = this;
    places.place(how === 'range' ? 'range' : 'pointer', words[at]!, words[at + 1]!);
    return mix(mixNumber(mix(hash, places.region), places.page), places.low);
  }

  #hashList(start: number, { words, strings }: RawBatch, at: number, code: number, row: number): number {
    const count = words[at]!;
    const fn = code === ENTERED ? strings.at(words[row]!)! : '';
    let hash = mix(start, count);
    const special = count > 1 && (code === E820_REPLACED ? 'size' : secondOf(fn));
    let depth = special === 'entry' ? depthOf(fn) : 0;
    let entry: Entry | undefined;
    for (let i = 0; i < count; i++) {
      const [lo, hi] = [words[at + 1 + 2 * i]!, words[at + 2 + 2 * i]!];
      if (special === 'entry' && i === 1)
        hash = this.#hashValue(hash, depth, lo, hi, 'page', entry?.table, entry?.index);
      else if (code === E820_REPLACED || (special === 'size' && i === 1)) hash = mix(mix(hash, lo), hi);
      else {
        this.places.place('pointer', lo, hi);
        hash = mix(mixNumber(mix(hash, this.places.region), this.places.page), this.places.low);
        // A split stores a link with set_pte(): what the entry is, its table tells.
        if (i === 0 && special === 'entry') {
          entry = this.places.pointedTo;
          depth = entry?.table.depth ?? depth;
        }
      }
    }
    return hash;
  }

  /** Variables that say where the image lies, or which page is given out next. */
  #isElsewhere(variable: string): boolean {
    return variable === 'phys_base' || (this.#apart.allocates && variable.startsWith('kwind.'));
  }

  #hashText(text: string): number {
    let hash = this.#texts.get(text);
    if (hash === undefined) this.#texts.set(text, (hash = hashText(this.#text(text))));
    return hash;
  }
  #hashName(text: string): number {
    let hash = this.#names.get(text);
    if (hash === undefined) this.#names.set(text, (hash = hashText(functionOf(text))));
    return hash;
  }

  /**
   * Patching of text in another build's places. And stores to the map of the kernel image outside the image. Start-up code trims that map to the image entry by entry, so
   * their number and order say where the image lies and nothing else.
   */
  #isNoise(code: number, table: Table, index: number): boolean {
    if (this.#apart.rebuilt && table.drawn === 'all' && code === PTE_WRITTEN) {
      this.patches++;
      return true;
    }
    return (
      code === PMD_WRITTEN && this.#apart.slid && table.name === IMAGE_TABLE && this.places.isBesideImage(table, index)
    );
  }

  /** A call that stores to where text is patched. */
  #isPatching({ words, strings }: RawBatch, at: number): boolean {
    if (words[at + 5] !== 2 || depthOf(strings.at(words[at]!)!) !== 0 || !SETTER.test(strings.at(words[at]!)!))
      return false;
    this.places.place('pointer', words[at + 6]!, words[at + 7]!);
    return this.places.pointedTo?.table.drawn === 'all';
  }

  /**
   * The fields of an event that count, in the order of the catalogue.
   * @param by from where mapped pages of the image are counted
   */
  fieldsOf(event: EventView, code: number, by: PageBy = 'image'): NormalField[] {
    this.places.by = by;
    const values = event as unknown as Readonly<Record<string, unknown>>;
    const fields = this.#plans[code]!.map(({ name, how }) => ({
      name,
      text: this.#fieldText(event, code, how, values[name]),
    }));
    this.places.by = 'image';
    return fields;
  }

  #fieldText(event: EventView, code: number, how: FieldPlan['how'], value: unknown): string {
    switch (how) {
      case 'plain':
        return String(value);
      case 'wide':
        return hex(value as bigint);
      case 'text':
        return this.#text(value as string);
      case 'name':
        return functionOf(value as string);
      case 'table':
        return this.tables.touched(value as number).title;
      case 'index':
        return this.places.entryText(
          this.tables.touched((event as { table: number } & EventView).table),
          value as number,
        );
      case 'entry': {
        const table = 'table' in event ? this.tables.at(event.table as number) : undefined;
        const depth = code === CR3_LOADED ? ROOT : code & 7;
        const entry = table && 'index' in event ? { table, index: event.index as number } : undefined;
        const drawn = entry && isDrawn(entry.table, entry.index);
        return this.#valueText(depth, value as bigint, drawn ? 'pointer' : 'page', entry);
      }
      case 'list':
        return this.#listText(event, code, value as readonly bigint[]);
      default:
        if (code === VARIABLE_SET && 'name' in event && this.#isElsewhere(event.name)) return event.name;
        return this.#addressText(how === 'range' ? 'range' : 'pointer', value as bigint);
    }
  }

  #listText(event: EventView, code: number, values: readonly bigint[]): string {
    const fn = 'fn' in event ? event.fn : '';
    const special = values.length > 1 && (code === E820_REPLACED ? 'size' : secondOf(fn));
    let depth = special === 'entry' ? depthOf(fn) : 0;
    let entry: Entry | undefined;
    return values
      .map((value, i) => {
        if (special === 'entry' && i === 1) return this.#valueText(depth, value, 'page', entry);
        if (code === E820_REPLACED || (special === 'size' && i === 1)) return hex(value);
        this.#place('pointer', value);
        if (i === 0 && special === 'entry') {
          entry = this.places.pointedTo;
          depth = entry?.table.depth ?? depth;
        }
        return this.places.text();
      })
      .join(', ');
  }

  #addressText(mode: 'pointer' | 'range', value: bigint): string {
    this.#place(mode, value);
    return this.places.text();
  }
  #place(mode: 'pointer' | 'range', value: bigint): void {
    this.places.place(mode, Number(value & 0xffff_ffffn), Number(value >> 32n));
  }

  #valueText(depth: number, value: bigint, mode: Mode, entry?: Entry): string {
    const [lo, hi] = [Number(value & 0xffff_ffffn), Number(value >> 32n)];
    const flags = hex(value & 0xfff0_0000_0000_0fffn);
    const table = isLink(depth, lo) ? this.tables.at(frameOf(lo, hi)) : undefined;
    if (table) return `<${table.title}>|${flags}`;
    this.#placeValue(lo, hi, mode, entry?.table, entry?.index ?? 0);
    const place = this.places.text();
    return place === '0x0' ? flags : `${place}|${flags}`;
  }

  #text(value: string): string {
    return withPointers(withoutOffsets(value), (pointer) => this.#addressText('pointer', pointer));
  }

  /** All of an event that counts, on one line. */
  textOf(event: EventView, code: number): string {
    const fields = this.fieldsOf(event, code).map(({ name, text }) => `${name}=${text}`);
    return `${specOfCode(code)!.type} ${fields.join(' ')}`;
  }
}

export const codeAt = (reader: TraceReader, seq: number): { event: EventView; code: number } => {
  const batch = reader.batchContaining(seq);
  return { event: batch.at(seq - batch.firstSeq), code: rawOf(batch).codes[seq - batch.firstSeq]! };
};
