import { catalog, isEntryCode, specOfCode, widthOf, type FieldKind } from '@kwind/events';

/**
 * How a field is compared: as the number or text it is (`plain`, `wide`, `text`), as an address (`pointer`, `range`), as what
 * it stands for (`table`, `index`, `entry`, `resource`), or not at all.
 */
export type How =
  | 'plain'
  | 'wide'
  | 'text'
  | 'name'
  | 'pointer'
  | 'range'
  | 'table'
  | 'index'
  | 'entry'
  | 'resource'
  | 'list'
  | 'skip';

export interface FieldPlan {
  readonly name: string;
  readonly how: How;
  /** Where its words start in the row. */
  readonly skip: number;
  /** How many words they are; 0 for a list. */
  readonly width: number;
}

/** Where a call was said, and what an unwinder found below its caller: of that, much was never a caller. */
const noise = new Set(['call.entered.origin', 'call.entered.stack']);
/** Amounts and bits: a number that looks like an address is none. */
const amounts = /^(?:size|sizeBefore|flags|pages|desc)$/;
const resourcePointers = /^(?:id|parent|other)$/;

function howOf(type: string, name: string, kind: FieldKind): How {
  const full = `${type}.${name}`;
  if (noise.has(full)) return 'skip';
  if (kind === 'pfn') return 'table';
  if (kind === 'list') return type === 'e820.replaced' ? 'skip' : 'list';
  if (kind === 'str') return name === 'caller' ? 'name' : 'text';
  if (kind === 'pte') return type.endsWith('.written') || type.endsWith('.populated') ? 'entry' : 'wide';
  if (kind === 'u16' || kind === 'u32' || kind === 'bool')
    return name === 'index' && /^p.*\.(?:written|populated)$/.test(type) ? 'index' : 'plain';
  if (type === 'cr3.loaded') return 'entry';
  if (type === 'cr4.written' || type === 'register.written' || type === 'slot.sized' || amounts.test(name))
    return 'wide';
  if (type.startsWith('e820.')) return 'wide';
  if (!type.startsWith('resource.')) return 'pointer';
  if (resourcePointers.test(name) || full === 'resource.reparented.before' || full === 'resource.reparented.after')
    return 'resource';
  return type === 'resource.flagged' ? 'wide' : 'range';
}

const all: (readonly FieldPlan[])[] = [];
for (const spec of catalog) {
  let skip = 0;
  all[spec.code] = Object.entries(spec.fields as Readonly<Record<string, FieldKind>>).map(([name, kind]) => {
    const plan = { name, how: howOf(spec.type, name, kind), skip, width: widthOf(kind) };
    skip += plan.width;
    return plan;
  });
}
// The whole memory map counts as a list of plain numbers.
const E820_REPLACED = catalog.find((spec) => spec.type === 'e820.replaced')!.code;
all[E820_REPLACED] = all[E820_REPLACED]!.map((plan) => (plan.name === 'entries' ? { ...plan, how: 'list' } : plan));

/** The fields of each type that count, by code. */
export function plansFor(ignored: readonly string[]): readonly (readonly FieldPlan[])[] {
  const out = new Set(ignored);
  return all.map((fields, code) => {
    const type = specOfCode(code)!.type;
    return fields.filter(({ name, how }) => how !== 'skip' && !out.has(name) && !out.has(`${type}.${name}`));
  });
}

export { isEntryCode };
