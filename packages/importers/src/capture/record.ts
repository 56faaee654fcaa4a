import { ToolError } from '@kwind/x86';
import type { CaptureResource } from '@kwind/events';

/** One line of a capture, numbers read. */
export interface CaptureRecord {
  readonly n: number;
  readonly line: number;
  readonly kind: 'call' | 'return' | 'skip';
  /** Function; of a return without the `ret:`. */
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly stack: readonly string[];
  readonly resources: readonly CaptureResource[];
  readonly name: string | undefined;
  /** On a return or a skip: the number of the call. */
  readonly of: number;
  readonly result: bigint | undefined;
  /** Keys that a record of its kind should have and has not. */
  readonly missing: readonly string[];
}

const MAX_TEXT = 4096;
const HINT =
  'Each line is one JSON object as packages/importers/src/capture/FORMAT.md describes; find out what damaged the file, or cut it before this line.';

/** Says where in the input something is wrong. */
export interface Place {
  readonly name: string;
  readonly line: number;
}

const refuse = ({ name, line }: Place, what: string): never => {
  throw new ToolError('import/format', `${name}:${line}: ${what}.`, HINT);
};

function hexOf(place: Place, key: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  const digits = typeof value === 'string' ? /^(?:0x)?([0-9a-f]{1,16})$/i.exec(value)?.[1] : undefined;
  return digits === undefined ? refuse(place, `"${key}" is no hex number of at most 64 bits`) : BigInt(`0x${digits}`);
}

function countOf(place: Place, key: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(place, `"${key}" is no record number`);
}

function textOf(place: Place, key: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  return refuse(place, `"${key}" is no text of at most ${MAX_TEXT} characters`);
}

function listOf<T>(place: Place, key: string, value: unknown, read: (item: unknown) => T): readonly T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return refuse(place, `"${key}" is no list`);
  return value.map(read);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function resourceOf(place: Place, value: unknown): CaptureResource {
  if (!isObject(value)) return refuse(place, 'an entry of "res" is no object');
  const number = (key: string): bigint => hexOf(place, `res.${key}`, value[key]);
  const fields = {
    pointer: number('p'),
    start: number('start'),
    end: number('end'),
    flags: number('flags'),
    name: value['name'] === undefined || value['name'] === null ? '' : textOf(place, 'res.name', value['name']),
  };
  const root = value['root'];
  if (root === undefined || root === null) return fields;
  return root === 'iomem' || root === 'ioport'
    ? { ...fields, root }
    : refuse(place, '"res.root" is neither iomem nor ioport');
}

const RETURN = 'ret:';
const SKIP = 'injected:skip';

/**
 * Read one line.
 * @param text one JSON object
 * @param fallback the number to give a record that has none
 * @throws ToolError import/format with the line
 */
export function parseRecord(text: string, place: Place, fallback: number): CaptureRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(place, 'the line is no JSON');
  }
  if (!isObject(value)) return refuse(place, 'the line is no JSON object');
  const f = value['f'] === undefined ? refuse(place, 'the record has no "f"') : textOf(place, 'f', value['f']);
  if (f === '' || f === RETURN) return refuse(place, '"f" names no function');
  const kind = f === SKIP ? 'skip' : f.startsWith(RETURN) ? 'return' : 'call';
  const wanted = kind === 'call' ? ['n', 'a', 's'] : ['n', 'of'];
  if (kind !== 'call' && value['of'] === undefined) return refuse(place, `a record "${f}" has no "of"`);
  return {
    n: value['n'] === undefined ? fallback : countOf(place, 'n', value['n']),
    line: place.line,
    kind,
    fn: kind === 'return' ? f.slice(RETURN.length) : f,
    args: listOf(place, 'a', value['a'], (item) => hexOf(place, 'a', item)),
    stack: listOf(place, 's', value['s'], (item) => textOf(place, 's', item)),
    resources: listOf(place, 'res', value['res'], (item) => resourceOf(place, item)),
    name: value['name'] === undefined || value['name'] === null ? undefined : textOf(place, 'name', value['name']),
    of: value['of'] === undefined ? -1 : countOf(place, 'of', value['of']),
    result: value['r'] === undefined || value['r'] === null ? undefined : hexOf(place, 'r', value['r']),
    missing: wanted.filter((key) => value[key] === undefined),
  };
}
