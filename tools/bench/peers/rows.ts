import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { codeOfType, type BootEvent } from '@kwind/events';
import type { Sink } from '../workload.ts';

const STORE = 16;
const ENTERED = codeOfType('call.entered');
const RETURNED = codeOfType('call.returned');
const FLUSHED = codeOfType('tlb.page-flushed');
const CLAIMED = codeOfType('slot.claimed');
const RELEASED = codeOfType('slot.released');

const COLUMNS = `seq INTEGER PRIMARY KEY, kind INTEGER, tbl INTEGER, idx INTEGER, lo INTEGER, hi INTEGER,
  fn TEXT, caller TEXT, origin TEXT, args TEXT`;

const half = (value: bigint, shift: bigint): number => Number((value >> shift) & 0xffff_ffffn);
const hexes = (values: readonly bigint[]): string => values.map((value) => value.toString(16)).join(' ');

/** A row less its number: kind, table, index, low and high word, then the texts. */
type Row = readonly [...[number, number, number, number, number], ...(string | undefined)[]];

/** All that an event says which is no store. */
function rowOf(event: BootEvent): Row {
  const kind = codeOfType(event.type);
  if (event.type === 'call.entered') {
    const { fn, caller, stack, origin, text, args } = event;
    const more = stack === '' && text === '' ? '' : `\n${stack}\n${text}`;
    return [kind, 0, 0, 0, 0, fn, caller, origin, hexes(args) + more];
  }
  if (event.type === 'call.returned') return [kind, 0, 0, half(event.result, 0n), half(event.result, 32n), event.fn];
  if (event.type === 'tlb.page-flushed') return [kind, 0, 0, half(event.vaddr, 0n), half(event.vaddr, 32n), event.how];
  if (event.type === 'slot.claimed') {
    const { slot, vaddr, phys, size, pages } = event;
    return [kind, slot, pages, half(vaddr, 0n), half(vaddr, 32n), undefined, undefined, undefined, hexes([phys, size])];
  }
  if (event.type === 'slot.released')
    return [kind, event.slot, event.pages, half(event.vaddr, 0n), half(event.vaddr, 32n)];
  return [kind, 0, 0, 0, 0, undefined, undefined, undefined, Object.values(event).join(' ')];
}

/** The reference: a row an event, prepared once, in transactions of 4,096. What most people would write first. */
export function recordRows(path: string, make: (sink: Sink) => void, most = Infinity): void {
  rmSync(path, { force: true });
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(`CREATE TABLE event (${COLUMNS}) STRICT`);
  const store = db.prepare('INSERT INTO event (seq, kind, tbl, idx, lo, hi) VALUES (?, ?, ?, ?, ?, ?)');
  const other = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  let seq = 0;
  const next = (): number => {
    if (seq % 4096 === 0) db.exec(seq === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
    return seq++;
  };
  make({
    entry: (_code, table, index, _beforeLo, _beforeHi, lo, hi) => {
      if (seq < most) store.run(next(), STORE, table, index, lo, hi);
    },
    event: (event) => {
      if (seq === most) return;
      const [kind, table, index, lo, hi, fn = null, caller = null, origin = null, args = null] = rowOf(event);
      other.run(next(), kind, table, index, lo, hi, fn, caller, origin, args);
    },
  });
  db.exec('COMMIT');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** What a fold of the rows keeps: tables, slots, open calls and counts. */
interface Folded {
  readonly tables: Map<number, Uint32Array>;
  readonly slots: Map<number, { readonly lo: number; readonly hi: number; readonly args: string } | undefined>;
  readonly open: { readonly seq: number; readonly fn: string; readonly caller: string; readonly args: string }[];
  calls: number;
  flushes: number;
}

type Column = number | string | null;

function foldOther(machine: Folded, row: readonly Column[]): void {
  const [seq, kind, table, , lo, hi, fn, caller, origin, args] = row as [
    ...[number, number, number, number, number, number],
    ...[string, string, string, string],
  ];
  if (kind === ENTERED) {
    machine.calls++;
    machine.open.push({ seq, fn, caller: `${caller}\n${origin}`, args });
  } else if (kind === RETURNED) machine.open.pop();
  else if (kind === FLUSHED) machine.flushes++;
  else if (kind === CLAIMED) machine.slots.set(table, { lo, hi, args });
  else if (kind === RELEASED) machine.slots.set(table, undefined);
}

/** The best way found to read rows back and fold them: raw rows in pages of 10,000 into plain typed arrays. */
export function foldRows(path: string): number {
  const db = new Database(path, { readonly: true });
  const page = db.prepare('SELECT * FROM event WHERE seq >= ? AND seq < ? ORDER BY seq').raw();
  const machine: Folded = { tables: new Map(), slots: new Map(), open: [], calls: 0, flushes: 0 };
  const { tables } = machine;
  let seen = 0;
  for (let from = 0; ; from += 10_000) {
    const rows = page.all(from, from + 10_000) as Column[][];
    if (rows.length === 0) break;
    for (const row of rows) {
      seen++;
      if (row[1] !== STORE) {
        foldOther(machine, row);
        continue;
      }
      const [, , table, index, lo, hi] = row as number[];
      let image = tables.get(table!);
      if (!image) tables.set(table!, (image = new Uint32Array(1024)));
      image[2 * index!] = lo!;
      image[2 * index! + 1] = hi!;
    }
  }
  db.close();
  return seen;
}
