import { codeOfType, specOfCode, type EventView, type TraceReader } from '@kwind/events';
import { hex, type KernelProfile } from '@kwind/x86';
import type { Apart } from './apart.ts';
import { Places, type Entry, type Mode, type PageBy } from './places.ts';
import { plansFor, type FieldPlan } from './plans.ts';
import { RowHash } from './row-hash.ts';
import { depthOf, isLink, ROOT, saysPlace, secondOf } from './rows.ts';
import { frameOf, isDrawn, Tables } from './tables.ts';
import { functionOf, withoutOffsets, withPointers } from './texts.ts';

const VARIABLE_SET = codeOfType('variable.set');
const E820_REPLACED = codeOfType('e820.replaced');
const CR3_LOADED = codeOfType('cr3.loaded');

/** One field in the words that are compared. */
export interface NormalField {
  readonly name: string;
  readonly text: string;
}

/**
 * One side of a comparison. Says an event in words, and as a number (`rows`), both without what depends on where a boot happened to put
 * the kernel and what it allocated. The two agree: equal words give equal numbers, for both come from the same places.
 */
export class Canon {
  readonly profile: KernelProfile;
  readonly tables: Tables;
  readonly places: Places;
  readonly rows: RowHash;
  readonly #apart: Apart;
  readonly #plans: readonly (readonly FieldPlan[])[];

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
    this.places = new Places(profile, apart);
    this.tables = new Tables(reader, profile, this.places.nameOf, aliases);
    this.places.tables = this.tables;
    const normal = (text: string): string => this.#text(text);
    this.rows = new RowHash({ places: this.places, tables: this.tables, apart, plans: this.#plans, normal });
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

  /** One of them alone; undefined where it does not count. */
  fieldOf(event: EventView, code: number, name: string): string | undefined {
    const plan = this.#plans[code]!.find((field) => field.name === name);
    return (
      plan && this.#fieldText(event, code, plan.how, (event as unknown as Readonly<Record<string, unknown>>)[name])
    );
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
        if (code === VARIABLE_SET && 'name' in event && saysPlace(event.name, this.#apart)) return event.name;
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
    this.places.placeValue(lo, hi, mode, entry?.table, entry?.index ?? 0);
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
