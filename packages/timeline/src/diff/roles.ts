import { isEntryCode, specOfType, type TraceReader } from '@kwind/events';

const PRESENT = 1n;
const PSE = 0x80n;
const FRAME = 0x000f_ffff_ffff_f000n;

const depthOf = (code: number): number => code & 7;
const isLink = (depth: number, entry: bigint): boolean =>
  (entry & PRESENT) !== 0n && depth > 0 && (depth > 2 || (entry & PSE) === 0n);

/**
 * What page-table pages and resources are for, so that two boots can be compared that put them elsewhere: a page of the
 * kernel image by its symbol, an allocated one by the entry it was first linked to, a resource by its name.
 */
export class Roles {
  readonly #names = new Map<number, string>();
  readonly #links = new Map<number, { readonly table: number; readonly index: number }>();
  readonly #roles = new Map<number, string>();
  readonly #resources = new Map<bigint, string>();

  constructor(reader: TraceReader) {
    const allocated = specOfType('table.allocated')!.code;
    const created = specOfType('resource.created')!.code;
    for (let seq = 0; seq < reader.length;) {
      const batch = reader.batchContaining(seq);
      for (let i = 0; i < batch.length; i++) {
        const code = batch.codeAt(i);
        if (code === allocated || code === created || (isEntryCode(code) && depthOf(code) > 0))
          this.#note(batch.at(i), code);
      }
      seq = batch.firstSeq + batch.length;
    }
  }

  table(frame: number): string {
    const known = this.#roles.get(frame);
    if (known !== undefined) return known;
    // A table that maps itself would go round for ever.
    this.#roles.set(frame, 'table');
    const role = this.#roleOf(frame);
    this.#roles.set(frame, role);
    return role;
  }

  isTable(frame: number): boolean {
    return this.#names.has(frame) || this.#links.has(frame);
  }

  resource(id: bigint): string | undefined {
    return this.#resources.get(id);
  }

  #roleOf(frame: number): string {
    const name = this.#names.get(frame) ?? '';
    if (name !== '') return name;
    const link = this.#links.get(frame);
    return link ? `${this.table(link.table)}[${link.index}]` : 'table';
  }

  #note(event: ReturnType<ReturnType<TraceReader['batchContaining']>['at']>, code: number): void {
    if (event.type === 'table.allocated') this.#names.set(event.table, event.name);
    else if (event.type === 'resource.created')
      this.#resources.set(event.id, event.name === '' ? '(null)' : event.name);
    else if ('after' in event && 'table' in event && isLink(depthOf(code), event.after)) {
      const child = Number((event.after & FRAME) >> 12n);
      if (!this.#links.has(child)) this.#links.set(child, { table: event.table, index: event.index });
    }
  }
}
