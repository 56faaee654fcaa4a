import { hex, ToolError } from '@kwind/x86';
import { specOfType, type BootEvent } from './catalog/index.ts';
import type { FieldKind } from './schema.ts';
import type { EventView } from './view.ts';

export type JsonValue = string | number | boolean | readonly string[];
/** An event as JSON: every 64-bit quantity a `0x…` string, a table by its physical address. */
export type JsonEvent = {
  readonly seq: number;
  readonly type: string;
  readonly cause: number | null;
  readonly depth: number;
} & Readonly<Record<string, JsonValue | null>>;

function toJsonValue(kind: FieldKind, value: unknown): JsonValue {
  if (kind === 'list') return (value as readonly bigint[]).map(hex);
  if (kind === 'pfn') return hex(BigInt(value as number) << 12n);
  if (typeof value === 'bigint') return hex(value);
  return value as JsonValue;
}

export function eventToJson(event: EventView): JsonEvent {
  const json: Record<string, JsonValue | null> = { seq: event.seq, type: event.type };
  const values = event as unknown as Record<string, unknown>;
  for (const [name, kind] of Object.entries(specOfType(event.type)!.fields))
    json[name] = toJsonValue(kind, values[name]);
  json['cause'] = event.cause < 0 ? null : event.cause;
  json['depth'] = event.depth;
  return json as JsonEvent;
}

const U64 = /^0x[0-9a-f]{1,16}$/i;

function fromJsonValue(kind: FieldKind, value: unknown): unknown {
  switch (kind) {
    case 'u16':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff ? value : undefined;
    case 'u32':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'str':
      return typeof value === 'string' ? value : undefined;
    case 'list':
      return Array.isArray(value) && value.every((v) => typeof v === 'string' && U64.test(v))
        ? value.map(BigInt)
        : undefined;
    case 'pfn': {
      if (typeof value !== 'string' || !U64.test(value)) return undefined;
      const address = BigInt(value);
      return (address & 0xfffn) === 0n ? Number(address >> 12n) : undefined;
    }
    default:
      return typeof value === 'string' && U64.test(value) ? BigInt(value) : undefined;
  }
}

/**
 * The event that {@link eventToJson} printed; `seq`, `cause` and `depth` follow from the order and are not read.
 * @throws ToolError event/unknown-type, event/bad-field naming type and field
 */
export function eventFromJson(json: unknown): BootEvent {
  const object = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const spec = typeof object['type'] === 'string' ? specOfType(object['type']) : undefined;
  if (!spec)
    throw new ToolError(
      'event/unknown-type',
      `there is no event type ${JSON.stringify(object['type'] ?? null)}.`,
      'kwind events lists them.',
    );
  const event: Record<string, unknown> = { type: spec.type };
  for (const [name, kind] of Object.entries(spec.fields)) {
    const value = fromJsonValue(kind, object[name]);
    if (value === undefined) {
      throw new ToolError(
        'event/bad-field',
        `field "${name}" of ${spec.type} cannot be ${JSON.stringify(object[name] ?? null)}.`,
        `It is of kind ${kind}; kwind events ${spec.type} shows an example.`,
      );
    }
    event[name] = value;
  }
  return event as unknown as BootEvent;
}
