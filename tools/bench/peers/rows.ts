import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Sink } from '../workload.ts';

/** The reference: a row an event, prepared once, in transactions of 4,096. What most people would write first. */
export function recordRows(path: string, make: (sink: Sink) => void, most = Infinity): void {
  rmSync(path, { force: true });
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(
    'CREATE TABLE event (seq INTEGER PRIMARY KEY, kind INTEGER, tbl INTEGER, idx INTEGER, lo INTEGER, hi INTEGER) STRICT',
  );
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)');
  let seq = 0;
  const put = (kind: number, table: number, index: number, lo: number, hi: number): void => {
    if (seq === most) return;
    if (seq % 4096 === 0) db.exec(seq === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
    insert.run(seq++, kind, table, index, lo, hi);
  };
  make({
    entry: (_code, table, index, _beforeLo, _beforeHi, lo, hi) => put(16, table, index, lo, hi),
    event: (event) => put(event.type.length, 0, 'slot' in event ? event.slot : 0, 0, 0),
  });
  db.exec('COMMIT');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** The best way found to read rows back and fold them: raw rows in pages of 10,000 into plain typed arrays. */
export function foldRows(path: string): number {
  const db = new Database(path, { readonly: true });
  const page = db
    .prepare('SELECT seq, kind, tbl, idx, lo, hi FROM event WHERE seq >= ? AND seq < ? ORDER BY seq')
    .raw();
  const tables = new Map<number, Uint32Array>();
  let seen = 0;
  for (let from = 0; ; from += 10_000) {
    const rows = page.all(from, from + 10_000) as number[][];
    if (rows.length === 0) break;
    for (const [, kind, table, index, lo, hi] of rows) {
      seen++;
      if (kind !== 16) continue;
      let image = tables.get(table!);
      if (!image) tables.set(table!, (image = new Uint32Array(1024)));
      image[2 * index!] = lo!;
      image[2 * index! + 1] = hi!;
    }
  }
  db.close();
  return seen;
}
