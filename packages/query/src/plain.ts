import Database from 'better-sqlite3';
import type { SqliteTraceReader } from '@kwind/trace';
import { History } from './history.ts';
import { historyTables, valuesOf } from './tables.ts';

/** Write the history as plain tables into a new database that any SQLite reads. The file must not exist. */
export function writePlainTables(reader: SqliteTraceReader, path: string): void {
  const db = new Database(path);
  try {
    const history = new History(reader);
    db.pragma('journal_mode = OFF');
    for (const table of historyTables) {
      const { name, columns, integers } = table;
      const typed = columns.map((column) => `"${column}" ${integers.includes(column) ? 'INTEGER' : 'TEXT'}`);
      db.exec(`CREATE TABLE ${name} (${typed.join(', ')})`);
      const insert = db.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`);
      db.transaction(() => {
        for (const values of valuesOf(table, history)) insert.run(values);
      })();
    }
    db.exec('CREATE TABLE trace ("key", "value")');
    const put = db.prepare('INSERT INTO trace VALUES (?, ?)');
    for (const [key, value] of Object.entries(reader.header))
      put.run(key, typeof value === 'object' ? JSON.stringify(value) : value);
  } finally {
    db.close();
  }
}
