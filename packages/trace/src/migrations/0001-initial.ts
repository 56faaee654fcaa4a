import type { Migration } from '../tables.ts';

/**
 * `meta`       the header and how far the recording got, covered by its row `seal`
 * `batch`      up to 4,096 events a row; `codes` and `chain` stand before `body` so that a scan need not follow its overflow pages
 * `touch`      which batches store to a page-table page (`tbl`: its frame) or change a slot (`tbl`: −1 − slot), see touch-hits.ts;
 *              one row for each group of batches (`grp`: its first seq), so that recording only ever adds at the end
 * `checkpoint` machine states as bytes, for whoever knows the reducer's number
 * `part`       pieces of them, each stored when it changed: a checkpoint has of each the last one put at or before its position
 */
export const initial: Migration = {
  version: 1,
  tables: {
    meta: 'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
    batch:
      'CREATE TABLE batch (first_seq INTEGER PRIMARY KEY, length INTEGER NOT NULL, codes BLOB NOT NULL, chain BLOB NOT NULL, body BLOB NOT NULL) STRICT',
    touch:
      'CREATE TABLE touch (grp INTEGER NOT NULL, tbl INTEGER NOT NULL, hits BLOB NOT NULL, PRIMARY KEY (grp, tbl)) STRICT, WITHOUT ROWID',
    checkpoint:
      'CREATE TABLE checkpoint (position INTEGER PRIMARY KEY, reducer INTEGER NOT NULL, sha BLOB NOT NULL, body BLOB NOT NULL) STRICT',
    part: 'CREATE TABLE part (id INTEGER PRIMARY KEY, reducer INTEGER NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (reducer, part, position)) STRICT',
  },
};
