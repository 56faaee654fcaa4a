import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { EVENT_SCHEMA, type TraceHeader } from '@kwind/events';
import { ToolError } from '@kwind/x86';
import { asToolError } from './errors.ts';
import { FILE_SEAL_KEY } from './file-seal.ts';

/** Who records: what the error of a second recorder names. */
export interface RecorderInfo {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
}

/** The rows of `meta`, all but the seal over them. */
export interface Meta {
  readonly header: TraceHeader;
  readonly recorder: RecorderInfo;
  readonly state: 'recording' | 'finished';
  /** Events committed. */
  readonly length: number;
  /** Link of the last batch, in hex. */
  readonly chain: string;
  /** Events that the touch index covers; for those after it nobody has looked yet. */
  readonly indexed: number;
  /** Checkpoints committed. */
  readonly checkpoints: number;
}

/** As it is read: with the seal of the whole file, which a finished one has; see file-seal.ts. */
export interface StoredMeta extends Meta {
  readonly fileSeal: string | undefined;
}

const keys = ['header', 'recorder', 'state', 'length', 'chain', 'indexed', 'checkpoints'] as const;

/** Rows as texts, in a fixed order: what is stored and what the seal is taken of. */
function textsOf(meta: Meta): Record<(typeof keys)[number], string> {
  return {
    header: JSON.stringify(meta.header),
    recorder: JSON.stringify(meta.recorder),
    state: meta.state,
    length: String(meta.length),
    chain: meta.chain,
    indexed: String(meta.indexed),
    checkpoints: String(meta.checkpoints),
  };
}

const sealOf = (texts: Readonly<Record<string, string>>): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(texts)))
    .digest('hex');

/** Put the placeholder of the file's seal, or whatever `text` is, beside the other rows; their own seal does not cover it. */
export function putFileSeal(db: Database.Database, text: string): void {
  db.prepare('INSERT INTO meta VALUES (?, ?)').run(FILE_SEAL_KEY, text);
}

export function metaWriter(db: Database.Database): (meta: Meta) => void {
  const put = db.prepare<[string, string]>(
    'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value',
  );
  return (meta) => {
    const texts = textsOf(meta);
    for (const [key, value] of Object.entries({ ...texts, seal: sealOf(texts) })) put.run(key, value);
  };
}

/**
 * @throws ToolError trace/damaged when the rows do not fit the seal or are not what a writer writes,
 *         trace/newer-schema when the events are of a later catalogue
 */
export function readMeta(db: Database.Database, path: string): StoredMeta {
  let texts: Record<string, string>;
  let meta: StoredMeta | undefined;
  try {
    texts = Object.fromEntries(db.prepare<[], [string, string]>('SELECT key, value FROM meta').raw().all());
    const { seal, [FILE_SEAL_KEY]: fileSeal, ...sealed } = texts;
    if (
      seal === sealOf(Object.fromEntries(keys.map((key) => [key, sealed[key] ?? '']))) &&
      Object.keys(sealed).length === keys.length
    )
      meta = metaOf(texts, fileSeal);
  } catch (error) {
    throw asToolError(error, path);
  }
  if (!meta)
    throw new ToolError(
      'trace/damaged',
      `trace ${path}: the header does not match its checksum.`,
      'The file is damaged; re-record it.',
    );
  const { eventSchema } = meta.header;
  if (eventSchema <= EVENT_SCHEMA) return meta;
  throw new ToolError(
    'trace/newer-schema',
    `${path} has events of catalogue ${eventSchema}, this kwind knows up to ${EVENT_SCHEMA}.`,
    `Update kwind, or export the trace with the newer one: kwind export ${path} --to ndjson.`,
  );
}

/** Undefined when the texts are not such as a writer writes: the seal keeps out accidents, not somebody who can hash. */
function metaOf(texts: Readonly<Record<string, string>>, fileSeal: string | undefined): StoredMeta | undefined {
  const header: unknown = JSON.parse(texts['header']!);
  const recorder: unknown = JSON.parse(texts['recorder']!);
  const [length, indexed, checkpoints] = [
    Number(texts['length']),
    Number(texts['indexed']),
    Number(texts['checkpoints']),
  ];
  const state = texts['state'];
  if (!isHeader(header) || !isRecorder(recorder) || (state !== 'recording' && state !== 'finished')) return undefined;
  if (![length, indexed, checkpoints].every((count) => Number.isSafeInteger(count) && count >= 0) || indexed > length)
    return undefined;
  if (typeof fileSeal !== (state === 'finished' ? 'string' : 'undefined')) return undefined;
  return { header, recorder, state, length, chain: texts['chain']!, indexed, checkpoints, fileSeal };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

function isHeader(value: unknown): value is TraceHeader {
  if (!isObject(value) || !Number.isSafeInteger(value['eventSchema']) || !isObject(value['source'])) return false;
  const texts = [
    value['profile'],
    value['kernelVersion'],
    value['created'],
    value['recordedBy'],
    value['source']['kind'],
    value['source']['name'],
  ];
  return isTexts(texts) && isTexts(value['options']) && isTexts(value['notes']);
}

const isRecorder = (value: unknown): value is RecorderInfo =>
  isObject(value) && Number.isSafeInteger(value['pid']) && isTexts([value['host'], value['started']]);
