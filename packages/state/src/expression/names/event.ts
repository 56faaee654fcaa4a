import { catalog, specOfType, type EventType, type EventView, type FieldKind } from '@kwind/events';
import { makeScope, type Declaration, type Scope } from '../scope.ts';
import {
  addressType,
  anyType,
  booleanType,
  defineRecord,
  field,
  listOf,
  listValue,
  numberType,
  stringType,
  wordsType,
  type Field,
  type Type,
  type Value,
} from '../values.ts';

const argsType = listOf(addressType);

const typesOfKind: Readonly<Record<FieldKind, Type>> = {
  u16: numberType,
  u32: numberType,
  bool: booleanType,
  str: stringType,
  u64: addressType,
  vaddr: addressType,
  phys: addressType,
  pte: addressType,
  pfn: addressType,
  list: argsType,
};

/** A field as the language sees it: a table by its physical address, as everywhere where people read it. */
function valueOf(kind: FieldKind, raw: unknown): Value {
  if (kind === 'pfn') return BigInt(raw as number) << 12n;
  if (kind === 'list') return listValue(argsType, raw as readonly bigint[]);
  return typeof raw === 'number' ? BigInt(raw) : (raw as Value);
}

function readField(event: EventView, name: string): Value {
  const kind = specOfType(event.type)?.fields[name];
  return kind === undefined ? null : valueOf(kind, (event as unknown as Record<string, unknown>)[name]);
}

const sameType = (a: Type, b: Type): Type => {
  if (a.kind !== b.kind) return anyType;
  return a.kind === 'number' && b.kind === 'number' && a.show !== b.show ? addressType : a;
};

function fieldsOf(types: readonly EventType[]): Record<string, Field<EventView>> {
  const fields: Record<string, Field<EventView>> = {
    type: field(wordsType(types), 'Type of the event.', (event) => event.type),
    seq: field(numberType, 'Number of the event.', (event) => BigInt(event.seq)),
    cause: field(numberType, 'Number of the call.entered event it happened under; no value at top level.', (event) =>
      event.cause < 0 ? null : BigInt(event.cause),
    ),
    depth: field(numberType, 'Number of calls open around it.', (event) => BigInt(event.depth)),
  };
  for (const spec of catalog) {
    if (!types.includes(spec.type)) continue;
    for (const [name, kind] of Object.entries(spec.fields)) {
      const before = fields[name];
      const type = before ? sameType(before.type, typesOfKind[kind]) : typesOfKind[kind];
      const owners = before ? `${before.doc.slice(0, -1)}, ${spec.type}.` : `Field of ${spec.type}.`;
      fields[name] = field(type, owners, (event) => readField(event, name));
    }
  }
  return fields;
}

const allTypes = catalog.map((spec) => spec.type);

/**
 * A scope that knows the event at hand too: `event.after`, and `after` alone where `outer` has no such name of its own
 * (`fn` stays the innermost open call; the event's is `event.fn`).
 *
 * @param types the types that the event can be of; a field that none of them has is then refused. A field that only some
 *        have has no value for the others.
 */
export function eventScope(outer: Scope, types: readonly EventType[] = allTypes): Scope {
  const fields = fieldsOf(types);
  const eventType = defineRecord<EventView>('event', fields);
  const whole: Declaration = {
    name: 'event',
    doc: 'The event at hand.',
    group: 'event',
    type: eventType,
    get: ({ event }) => (event ? eventType.of(event) : null),
  };
  const single = Object.entries(fields).map(([name, { type, doc, get }]): Declaration => ({
    name,
    doc,
    group: 'event',
    type,
    get: ({ event }) => (event ? get(event) : null),
  }));
  return makeScope([whole, ...single.filter(({ name }) => outer.find(name) === undefined)], outer);
}
