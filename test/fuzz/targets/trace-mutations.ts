import { readFileSync, writeFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { hostile } from '../mutate.ts';
import type { Random } from '../random.ts';

/** Damages a file in place. */
export type Mutation = (path: string, random: Random) => void;

const PAGE = 2048;

const onBytes =
  (change: (bytes: Buffer, random: Random) => Buffer | void): Mutation =>
  (path, random) => {
    const bytes = readFileSync(path);
    writeFileSync(path, change(bytes, random) ?? bytes);
  };

/** Start of a page, not the first as a rule. */
const pageIn = (bytes: Buffer, random: Random): number => random.below(bytes.length / PAGE) * PAGE;

const byteMutations: Readonly<Record<string, Mutation>> = {
  'flip bits': onBytes((bytes, random) => {
    for (let n = random.few(8); n > 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }),
  'overwrite a stretch': onBytes((bytes, random) => {
    random.bytes(random.between(1, 300)).copy(bytes, random.below(bytes.length));
  }),
  'swap pages': onBytes((bytes, random) => {
    const [a, b] = [pageIn(bytes, random), pageIn(bytes, random)];
    const kept = Buffer.from(bytes.subarray(a, a + PAGE));
    bytes.copy(bytes, a, b, b + PAGE);
    kept.copy(bytes, b);
  }),
  'blank a page': onBytes((bytes, random) => {
    const at = pageIn(bytes, random);
    bytes.fill(0, at, Math.min(bytes.length, at + random.between(1, PAGE)));
  }),
  truncate: onBytes((bytes, random) =>
    bytes.subarray(0, random.oneIn(2) ? pageIn(bytes, random) : random.below(bytes.length)),
  ),
  append: onBytes((bytes, random) => Buffer.concat([bytes, random.bytes(random.between(1, 3 * PAGE))])),
  'file header': onBytes((bytes, random) => {
    bytes[random.below(100)] = random.below(256);
  }),
};

type Db = Database.Database;
type Rows = (db: Db, random: Random) => void;

const onRows =
  (change: Rows): Mutation =>
  (path, random) => {
    const db = new Database(path);
    try {
      db.pragma('journal_mode = DELETE');
      // What a constraint refuses is no mutation; the file is then tried as it is.
      db.transaction(() => change(db, random))();
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    } finally {
      db.close();
    }
  };

const tables = ['batch', 'touch', 'checkpoint', 'part'] as const;
const blobs = {
  batch: ['codes', 'chain', 'body'],
  touch: ['hits'],
  checkpoint: ['sha', 'body'],
  part: ['body'],
} as const;
const numbers = {
  batch: ['first_seq', 'length'],
  touch: ['grp', 'tbl'],
  checkpoint: ['position', 'reducer'],
  part: ['position', 'reducer', 'part'],
} as const;
const edges = [
  0,
  1,
  -1,
  2 ** 31,
  2 ** 32,
  2 ** 52,
  4_503_599_627_370_497n,
  9_223_372_036_854_775_807n,
  -9_223_372_036_854_775_808n,
];

function rowid(db: Db, table: string, random: Random): number | undefined {
  const rows = db.prepare(`SELECT rowid FROM ${table}`).pluck().all() as number[];
  return rows.length === 0 ? undefined : random.pick(rows);
}

function blobOf(db: Db, table: string, column: string, row: number | undefined): Buffer {
  const blob: unknown = db
    .prepare(`SELECT ${column} FROM ${table} WHERE rowid = ?`)
    .pluck()
    .get(row ?? -1);
  return Buffer.isBuffer(blob) ? Buffer.from(blob) : Buffer.alloc(0);
}

function put(db: Db, table: string, column: string, row: number | undefined, value: unknown): void {
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(value, row ?? -1);
}

/** What a body unpacks to, behind a byte that says how it is stored or without one; undefined when it is not packed. */
function unpackedFrom(body: Buffer, start: number): Buffer | undefined {
  try {
    return zstdDecompressSync(body.subarray(start), { maxOutputLength: 1 << 24 });
  } catch {
    return undefined;
  }
}

/** One thing changed inside what a blob unpacks to, packed again: its own checksum then fits. */
function repacked(body: Buffer, random: Random): Buffer {
  const start = [0, 1].find((from) => unpackedFrom(body, from) !== undefined);
  const bytes = start === undefined ? body : unpackedFrom(body, start)!;
  for (let n = random.few(4); n > 0; n--) {
    const at = random.below(bytes.length);
    if (random.oneIn(2)) bytes[at] = random.pick([0, 0x7f, 0x80, 0xff]);
    else bytes[at]! ^= 1 << random.below(8);
  }
  if (start === undefined) return bytes;
  const cut = random.oneIn(5) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
  return Buffer.concat([body.subarray(0, start), zstdCompressSync(cut)]);
}

/** Some hundred bytes that unpack to 1 GiB: many frames in a row, made without ever having them all. */
const bomb = (() => {
  let made: Buffer | undefined;
  const frames = (): Buffer => Buffer.concat(Array<Buffer>(32).fill(zstdCompressSync(Buffer.alloc(1 << 25))));
  return (): Buffer => (made ??= frames());
})();

const rowMutations: Readonly<Record<string, Mutation>> = {
  'swap blobs': onRows((db, random) => {
    const table = random.pick(tables);
    const column = random.pick(blobs[table]);
    const [a, b] = [rowid(db, table, random), rowid(db, table, random)];
    const [first, second] = [blobOf(db, table, column, a), blobOf(db, table, column, b)];
    put(db, table, column, a, second);
    put(db, table, column, b, first);
  }),
  'delete a row': onRows((db, random) => {
    const table = random.pick(tables);
    db.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(rowid(db, table, random) ?? -1);
  }),
  'change a number': onRows((db, random) => {
    const table = random.pick(tables);
    const value = random.oneIn(2) ? random.pick(edges) : random.below(3000);
    put(db, table, random.pick(numbers[table]), rowid(db, table, random), value);
  }),
  'change a blob': onRows((db, random) => {
    const table = random.pick(tables);
    const column = random.pick(blobs[table]);
    const row = rowid(db, table, random);
    const blob = blobOf(db, table, column, row);
    const at = random.below(blob.length);
    const changed = random.oneIn(3)
      ? blob.subarray(0, at)
      : Buffer.concat([blob.subarray(0, at), random.bytes(random.between(1, 4)), blob.subarray(at + 2)]);
    put(db, table, column, row, changed);
  }),
  'repack a changed body': onRows((db, random) => {
    const table = random.pick(['batch', 'batch', 'checkpoint', 'part'] as const);
    const row = rowid(db, table, random);
    if (row !== undefined) put(db, table, 'body', row, repacked(blobOf(db, table, 'body', row), random));
  }),
  'a body that unpacks to 1 GiB': onRows((db, random) => {
    const table = random.pick(['batch', 'checkpoint', 'part'] as const);
    const packed = random.oneIn(2) ? bomb() : Buffer.concat([Buffer.of(1), bomb()]);
    put(db, table, 'body', rowid(db, table, random), packed);
  }),
  'change a text of meta': onRows((db, random) => {
    const key = db.prepare('SELECT key FROM meta').pluck().all()[random.below(9)];
    const value = String(db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) ?? '');
    const at = random.below(value.length);
    const changed = random.oneIn(4)
      ? random.pick([...hostile, '', '-1', '1e9', 'null', '{}', '[]', '9'.repeat(400)])
      : value.slice(0, at) + random.pick(['0', '9', 'x', '"', '\u0000', '']) + value.slice(at + 1);
    db.prepare('UPDATE meta SET value = ? WHERE key = ?').run(changed, key);
  }),
  'a view in the place of a table': onRows((db, random) => {
    const table = random.pick(tables);
    db.exec(`ALTER TABLE ${table} RENAME TO real_${table}`);
    db.exec(
      `CREATE VIEW ${table} AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS first_seq FROM c`,
    );
  }),
  'a trigger': onRows((db) => {
    db.exec("CREATE TRIGGER t AFTER INSERT ON meta BEGIN SELECT load_extension('x'); END");
  }),
};

export const mutations: Readonly<Record<string, Mutation>> = { ...byteMutations, ...rowMutations };
