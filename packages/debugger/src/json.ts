import { eventToJson, specOfType, type EventView } from '@kwind/events';
import { hex } from '@kwind/x86';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const isEvent = (value: object): value is EventView =>
  'seq' in value && 'cause' in value && 'type' in value && specOfType(String(value.type)) !== undefined;

/** A result as plain JSON: every 64-bit quantity a `0x…` string, events in the form that every export uses. */
export function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return hex(value);
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return value as Json;
  if (Array.isArray(value)) return value.map(toJson);
  if (isEvent(value)) return eventToJson(value);
  const inner = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function');
  return Object.fromEntries(inner.map(([key, member]) => [key, toJson(member)]));
}
