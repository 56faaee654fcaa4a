import { codeOfType, isEntryCode } from '@kwind/events';
import type { RawBatch, Texts } from '@kwind/events/raw';
import type { Apart } from './apart.ts';
import { finish, hashText, mix, mixNumber } from './hash.ts';
import { RAW, type Mode, type Places } from './places.ts';
import type { FieldPlan, How } from './plans.ts';
import {
  countedOf,
  COUNTS_AFTER,
  COUNTS_BEFORE,
  COUNTS_INDEX,
  COUNTS_TABLE,
  depthOf,
  isLink,
  isNothing,
  isOwnCount,
  ROOT,
  saysPlace,
  secondOf,
  SETTER,
} from './rows.ts';
import { isDrawn, type Table, type Tables } from './tables.ts';
import { TextNumbers } from './text-numbers.ts';
import { functionOf } from './texts.ts';

const PMD_WRITTEN = codeOfType('pmd.written');
const PTE_WRITTEN = codeOfType('pte.written');
const ENTERED = codeOfType('call.entered');
const VARIABLE_SET = codeOfType('variable.set');
const E820_REPLACED = codeOfType('e820.replaced');
const CR3_LOADED = codeOfType('cr3.loaded');
const ALLOCATED = codeOfType('table.allocated');
const topLinks = ['pgd.populated', 'p4d.populated'].map(codeOfType);
const isTopLink = (code: number): boolean => topLinks.includes(code);
const IMAGE_TABLE = 'level2_kernel_pgt';

/** What a function's second argument is: as a number that is never 0, with the depth of the entry that it is. */
const SECOND_PLAIN = 1;
const SECOND_SIZE = 2;
const SECOND_ENTRY = 8;
function secondNumber(fn: string): number {
  const second = secondOf(fn);
  return second === 'entry' ? SECOND_ENTRY + depthOf(fn) : second === 'size' ? SECOND_SIZE : SECOND_PLAIN;
}

/** The fields of an event type that count, but for its list, and what they said last: neighbours often say the same. */
interface Head {
  readonly fields: readonly FieldPlan[];
  /** Of their words in a row. */
  readonly offsets: Uint32Array;
  /** Where the list starts; −1 without one that counts. */
  readonly list: number;
  readonly said: Uint32Array;
  texts: Texts | undefined;
  hash: number;
}

function headOf(plan: readonly FieldPlan[], code: number): Head {
  // A list is the last field there is.
  const fields = plan.filter(({ how }) => how !== 'list');
  const words = fields.flatMap(({ skip, width }) => Array.from({ length: width }, (_, i) => skip + i));
  // What a variable holds is read by its name, whether that counts or not.
  const offsets = Uint32Array.from(code === VARIABLE_SET ? [0, ...words] : words);
  const list = plan.find(({ how }) => how === 'list')?.skip ?? -1;
  return { fields, offsets, list, said: new Uint32Array(offsets.length), texts: undefined, hash: 0 };
}

/** What the rows of one side are read with. */
export interface Reading {
  readonly places: Places;
  readonly tables: Tables;
  readonly apart: Apart;
  /** By code. */
  readonly plans: readonly (readonly FieldPlan[])[];
  /** A text without what may lie elsewhere. */
  readonly normal: (text: string) => string;
}

/**
 * Says rows as numbers, for one side of a comparison. All events of a trace come by here, most of them stores to entries
 * and the calls around them: no object and no text is made for one, and tools/bench guards it.
 */
export class RowHash {
  readonly #places: Places;
  readonly #tables: Tables;
  readonly #apart: Apart;
  readonly #isApart: boolean;
  /** By code. */
  readonly #heads: readonly Head[];
  /** Fields of stores to entries that count: table, index, before, after. */
  readonly #entryFields: Uint8Array;
  readonly #texts: TextNumbers;
  readonly #names = new TextNumbers((text) => hashText(functionOf(text)));
  readonly #seconds = new TextNumbers(secondNumber);
  /** Stores at addresses that were drawn by lot, and calls for them, which another build does for other places. */
  patches = 0;
  #last: Table | undefined;
  #lastLo = 0;
  #lastHi = 0;

  constructor({ places, tables, apart, plans, normal }: Reading) {
    this.#places = places;
    this.#tables = tables;
    this.#apart = apart;
    this.#isApart = apart.slid || apart.rebuilt;
    this.#heads = plans.map((plan, code) => headOf(plan, code));
    this.#texts = new TextNumbers((text) => hashText(normal(text)));
    this.#entryFields = Uint8Array.from({ length: 256 }, (_, code) => (isEntryCode(code) ? countedOf(plans[code]) : 0));
  }

  /** A number for row `i`, never 0; 0 when it says nothing but where the image lies. */
  of(raw: RawBatch, i: number): number {
    const code = raw.codes[i]!;
    const at = raw.offsets[i]!;
    if (isEntryCode(code)) return this.#ofEntry(code, raw.words, at);
    if (this.#isApart && this.#isNoise(code, raw, at)) return 0;
    const head = this.#heads[code]!;
    let hash = this.#isSame(head, raw, at) ? head.hash : this.#ofHead(head, raw, at, code);
    if (head.list >= 0) hash = this.#ofList(hash, raw, at + head.list, code, at);
    return finish(hash);
  }

  /** Whether an event says the same, but for its list, as the one of its type before. */
  #isSame({ offsets, said, texts }: Head, { words, strings }: RawBatch, at: number): boolean {
    if (texts !== strings) return false;
    for (let i = 0; i < offsets.length; i++) if (words[at + offsets[i]!] !== said[i]) return false;
    return true;
  }

  #ofHead(head: Head, raw: RawBatch, at: number, code: number): number {
    const { fields, offsets, said } = head;
    let hash = code;
    for (const { how, skip } of fields) hash = this.#ofField(hash, how, raw, at + skip, code, at);
    for (let i = 0; i < offsets.length; i++) said[i] = raw.words[at + offsets[i]!]!;
    head.texts = raw.strings;
    head.hash = hash;
    return hash;
  }

  #ofEntry(code: number, words: Uint32Array, at: number): number {
    const counts = this.#entryFields[code]!;
    const table = this.#touched(words, at);
    const index = words[at + 2]! | 0;
    if (this.#isApart) {
      if (this.#isEntryNoise(code, table, index)) return 0;
      if (this.#apart.directMapSlid && isNothing(words, at)) return 0;
    }
    let hash = code;
    if (counts & COUNTS_TABLE) hash = mix(hash, table.id);
    if (counts & COUNTS_INDEX) {
      if (this.#isApart || table.drawn !== 'no') {
        this.#places.placeEntry(table, index);
        hash = mixNumber(mix(hash, this.#places.region), this.#places.page);
      } else hash = mix(hash, index);
    }
    if (counts & COUNTS_BEFORE) hash = this.#ofStored(hash, code & 7, words, at + 3, table, index);
    if (counts & COUNTS_AFTER) hash = this.#ofStored(hash, code & 7, words, at + 5, table, index);
    return finish(hash);
  }

  /** The table in a frame: mostly that of the store before. */
  #touched(words: Uint32Array, at: number): Table {
    const lo = words[at]! | 0;
    const hi = words[at + 1]! | 0;
    if (this.#last && lo === this.#lastLo && hi === this.#lastHi) return this.#last;
    this.#lastLo = lo;
    this.#lastHi = hi;
    return (this.#last = this.#tables.touchedWords(lo, hi));
  }

  #ofStored(hash: number, depth: number, words: Uint32Array, at: number, table: Table, index: number): number {
    const lo = words[at]! | 0;
    const hi = words[at + 1]! | 0;
    if (!this.#isApart && !isLink(depth, lo)) return mix(mix(hash, lo), hi);
    return this.#ofValue(hash, depth, lo, hi, isDrawn(table, index) ? 'pointer' : 'page', table, index);
  }

  /** An entry: its flags, and what it points to. */
  #ofValue(start: number, depth: number, lo: number, hi: number, mode: Mode, table?: Table, index = 0): number {
    const hash = mix(mix(start, lo & 0xfff), hi >>> 20);
    if (isLink(depth, lo)) {
      const child = this.#tables.linked(lo, hi);
      if (child) return mix(mix(hash, 1), child.id);
    }
    if (!this.#isApart) {
      // Nothing moved: the place of a frame is the frame. In words, this is what stands below.
      const whole = mix(mix(hash, RAW), (hi << 20) | (lo >>> 12));
      return (hi & 0xf_f000) === 0 ? whole : mix(whole, (hi & 0xf_ffff) >>> 12);
    }
    this.#places.placeValue(lo, hi, mode, table, index);
    return mixNumber(mix(hash, this.#places.region), this.#places.page);
  }

  #ofField(hash: number, how: How, raw: RawBatch, at: number, code: number, row: number): number {
    const { words, strings } = raw;
    switch (how) {
      case 'text':
        return mix(hash, this.#texts.of(strings, words[at]!));
      case 'name':
        return mix(hash, this.#names.of(strings, words[at]!));
      case 'plain':
        return mix(hash, words[at]!);
      case 'wide':
        return mix(mix(hash, words[at]!), words[at + 1]!);
      case 'table':
        return mix(hash, this.#touched(words, at).id);
      case 'entry':
        return this.#ofValue(hash, code === CR3_LOADED ? ROOT : code & 7, words[at]! | 0, words[at + 1]! | 0, 'page');
      case 'range':
        return this.#ofAddress(hash, 'range', words[at]! | 0, words[at + 1]! | 0);
      default:
        if (code === VARIABLE_SET && saysPlace(strings.at(words[row]!)!, this.#apart)) return mix(hash, 0);
        return this.#ofAddress(hash, 'pointer', words[at]! | 0, words[at + 1]! | 0);
    }
  }

  #ofAddress(hash: number, mode: Mode, lo: number, hi: number): number {
    const places = this.#places;
    places.place(mode, lo, hi);
    return mix(mixNumber(mix(hash, places.region), places.page), places.low);
  }

  #ofList(start: number, { words, strings }: RawBatch, at: number, code: number, row: number): number {
    const count = words[at]!;
    const second = code === ENTERED ? this.#seconds.of(strings, words[row]!) : SECOND_PLAIN;
    let depth = second >= SECOND_ENTRY ? second - SECOND_ENTRY : 0;
    let hash = mix(start, count);
    let table: Table | undefined;
    let index = 0;
    for (let i = 0, word = at + 1; i < count; i++, word += 2) {
      const lo = words[word]! | 0;
      const hi = words[word + 1]! | 0;
      if (i === 1 && second >= SECOND_ENTRY) hash = this.#ofValue(hash, depth, lo, hi, 'page', table, index);
      else if (code === E820_REPLACED || (i === 1 && second === SECOND_SIZE)) hash = mix(mix(hash, lo), hi);
      else {
        hash = this.#ofAddress(hash, 'pointer', lo, hi);
        // A split stores a link with set_pte(): what the entry is, its table tells.
        if (i === 0 && count > 1 && second >= SECOND_ENTRY) {
          table = this.#places.pointedTable;
          index = this.#places.pointedIndex;
          if (table) depth = table.depth;
        }
      }
    }
    return hash;
  }

  /**
   * Patching of text in another build's places. And stores to the map of the kernel image outside the image. Start-up code
   * trims that map to the image entry by entry, so their number and order say where the image lies and nothing else.
   */
  #isEntryNoise(code: number, table: Table, index: number): boolean {
    if (this.#apart.rebuilt && table.drawn === 'all' && code === PTE_WRITTEN) {
      this.patches++;
      return true;
    }
    if (this.#apart.vmallocSlid && isTopLink(code) && this.#places.isTail(table, index)) return true;
    return (
      code === PMD_WRITTEN && this.#apart.slid && table.name === IMAGE_TABLE && this.#places.isBesideImage(table, index)
    );
  }

  /** The same of other events. And the table that the vmalloc area needs more where it starts within an entry. */
  #isNoise(code: number, raw: RawBatch, at: number): boolean {
    const { rebuilt, vmallocSlid, allocates } = this.#apart;
    if (code === ENTERED) {
      if (!rebuilt || !this.#isPatching(raw, at)) return false;
      this.patches++;
      return true;
    }
    if (code === ALLOCATED && vmallocSlid) {
      const { parent, index } = this.#touched(raw.words, at);
      return parent !== undefined && this.#places.isTail(parent, index);
    }
    return code === VARIABLE_SET && allocates && !rebuilt && isOwnCount(raw.strings.at(raw.words[at]!)!);
  }

  /** A call that stores to where text is patched. */
  #isPatching({ words, strings }: RawBatch, at: number): boolean {
    const fn = strings.at(words[at]!)!;
    if (words[at + 5] !== 2 || depthOf(fn) !== 0 || !SETTER.test(fn)) return false;
    this.#places.place('pointer', words[at + 6]!, words[at + 7]!);
    return this.#places.pointedTable?.drawn === 'all';
  }
}
