import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openTrace } from '../sqlite-reader.ts';
import { verifyTrace } from '../verify.ts';
import { eventBytes, randomFrom } from './sample.ts';

/** Everything that a reader hands out, as text. */
export function contentOf(path: string): string {
  const reader = openTrace(path);
  try {
    const batches = [];
    for (let seq = 0; seq < reader.length; seq += batches.at(-1)!.length) batches.push(reader.batchContaining(seq));
    const touching = [...reader.batchesTouching({ table: 0x1004, slot: 3 }, 0, 'forward')];
    const typed = [...reader.batchesWith([0x60], Infinity, 'backward')];
    const found = [...touching, ...typed].map((batch) => [batch.firstSeq, batch.length, [...batch.codes]]);
    const { header, length, finished } = reader;
    return JSON.stringify([
      header,
      length,
      finished,
      eventBytes(batches),
      found,
      reader.checkpointAtOrBefore(Infinity, 3),
      [0, 1].map((part) => reader.checkpointPart({ position: Infinity, reducer: 3 }, part)),
    ]);
  } finally {
    reader.close();
  }
}

export type Verdict = 'found' | 'content unchanged' | { readonly missed: string };

/** Damages copies of one trace and asks verify about them. */
export class Damager {
  readonly #bytes: Buffer;
  readonly #content: string;
  readonly #target: string;
  readonly #pages: { readonly name: string; readonly pageno: number }[];
  /** As the file's own header says. */
  readonly #pageSize: number;
  readonly #random: (below: number) => number;

  constructor(path: string, target: string, seed: number) {
    this.#bytes = readFileSync(path);
    this.#pageSize = this.#bytes.readUInt16BE(16);
    this.#content = contentOf(path);
    this.#target = target;
    this.#random = randomFrom(seed);
    const db = new Database(path, { readonly: true });
    this.#pages = db.prepare<[], { name: string; pageno: number }>('SELECT name, pageno FROM dbstat').all();
    db.close();
  }

  /** Flip one bit in a page of a table; the file's own header counts as a part of sqlite_schema. */
  flip(table: string): Verdict {
    const pages = this.#pages.filter((page) => page.name === table);
    const at = (pages[this.#random(pages.length)]!.pageno - 1) * this.#pageSize + this.#random(this.#pageSize);
    const damaged = Buffer.from(this.#bytes);
    const bit = this.#random(8);
    damaged[at]! ^= 1 << bit;
    return this.#judge(damaged, `bit ${bit} of byte ${at}, in ${table}`);
  }

  /** Overwrite some bytes, and sometimes move a stretch of them. */
  scramble(): Buffer {
    const damaged = Buffer.from(this.#bytes);
    for (let n = 1 + this.#random(8); n > 0; n--) damaged[this.#random(damaged.length)] = this.#random(256);
    const place = (): number => this.#random(damaged.length);
    if (this.#random(4) === 0) damaged.copy(damaged, place(), place(), place());
    return damaged;
  }

  /** @throws whatever verify throws; ToolError is to be expected */
  #judge(damaged: Buffer, what: string): Verdict {
    writeFileSync(this.#target, damaged);
    const { ok } = verifyTrace(this.#target);
    if (!ok) return 'found';
    return contentOf(this.#target) === this.#content ? 'content unchanged' : { missed: what };
  }
}

export const tables = ['sqlite_schema', 'meta', 'batch', 'touch', 'checkpoint', 'part'] as const;

export interface Tally {
  found: number;
  unchanged: number;
  readonly missed: string[];
}

/** Flip `rounds` bits, one at a time; `isExpected` says which errors count as found. */
export function flipMany(
  damager: Damager,
  table: string,
  rounds: number,
  isExpected: (error: unknown) => boolean,
): Tally {
  const tally: Tally = { found: 0, unchanged: 0, missed: [] };
  for (let round = 0; round < rounds; round++) {
    try {
      const verdict = damager.flip(table);
      if (verdict === 'found') tally.found++;
      else if (verdict === 'content unchanged') tally.unchanged++;
      else tally.missed.push(verdict.missed);
    } catch (error) {
      if (!isExpected(error)) throw error;
      tally.found++;
    }
  }
  return tally;
}
