import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { EVENT_SCHEMA, type TraceHeader } from '@kwind/events';
import { initialState, reduce, REDUCER_VERSION, reduceRows, stateHash } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { createTrace, FILE_SCHEMA, openTrace, verifyTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { kwind, scratch } from '../cli/kwind.ts';
import { folder, type Known } from './known.ts';

const place = scratch();
const traces = readdirSync(folder).filter((name) => name.endsWith('.kwind'));
const knownOf = (name: string): Known =>
  JSON.parse(readFileSync(join(folder, name.replace('.kwind', '.json')), 'utf8')) as Known;

function formatOf(name: string): unknown {
  const db = new Database(join(folder, name), { readonly: true });
  const format = db.pragma('user_version', { simple: true });
  db.close();
  return format;
}

/** Reading must not write beside a file of the repository. */
function copyOf(name: string, as = name): string {
  const path = join(place, as);
  copyFileSync(join(folder, name), path);
  return path;
}

function stateAtEnd(path: string): string {
  const reader = openTrace(path);
  const { state } = new Timeline(reader, profile(reader.header.profile, reader.header.options)).at(reader.length);
  const hash = stateHash(state);
  reader.close();
  return hash;
}

/** Folded event by event from power-on: no checkpoint is looked at. */
function foldedState(path: string): string {
  const reader = openTrace(path);
  let state = initialState(profile(reader.header.profile, reader.header.options));
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    state = reduce(state, batch);
    seq += batch.length;
  }
  reader.close();
  return stateHash(state);
}

/** Folded from the rows of a store, which leaves out what a fold can do without. */
function replayedState(path: string): string {
  const reader = openTrace(path);
  const start = initialState(profile(reader.header.profile, reader.header.options));
  const hash = stateHash(reduceRows(start, reader.rowsFrom(0, { calls: true })));
  reader.close();
  return hash;
}

describe('traces of released schemas', () => {
  it('are there for each of them', () => {
    const wanted = Array.from({ length: FILE_SCHEMA }, (_, i) => `schema-${i + 1}.kwind`);
    expect(traces.toSorted()).toEqual(wanted.toSorted());
    expect(traces.map((name) => formatOf(name))).toEqual(wanted.map((_, i) => i + 1));
  });

  it('that hold the same events have the same digest and the same state, however they are stored', () => {
    const [first, ...others] = traces.map((name) => knownOf(name));
    for (const { digest, state } of others)
      expect({ digest, state }).toEqual({ digest: first!.digest, state: first!.state });
  });

  it.each(traces)('%s opens, verifies, and replays to the state that is known', (name) => {
    const known = knownOf(name);
    const path = copyOf(name);
    expect(verifyTrace(path)).toMatchObject({ ok: true, problems: [], finished: true, events: known.events });
    const reader = openTrace(path);
    expect(reader.header).toEqual(known.header);
    expect(reader.digest).toBe(known.digest);
    reader.close();
    expect(stateAtEnd(path)).toBe(known.state);
    expect(foldedState(path)).toBe(known.state);
    expect(replayedState(path)).toBe(known.state);
  });

  it.each(traces)('%s can be looked at by the commands', async (name) => {
    const path = copyOf(name);
    for (const argv of [
      ['info', path],
      ['log', path],
      ['show', path, 'slots'],
      ['verify', path],
    ])
      expect((await kwind(argv)).code).toBe(0);
  });
});

describe('a trace of a later schema', () => {
  it('of events is refused with exit code 3 and advice', async () => {
    const path = join(place, 'later-events.kwind');
    const header: TraceHeader = { ...knownOf(traces[0]!).header, eventSchema: EVENT_SCHEMA + 1 };
    createTrace(path, header).finish();
    expect(() => openTrace(path)).toThrow(expect.objectContaining({ code: 'trace/newer-schema' }));
    for (const argv of [
      ['info', path],
      ['verify', path],
      ['debug', path, '--batch'],
      ['sql', path, 'SELECT 1'],
    ]) {
      const ran = await kwind(argv);
      expect(ran).toMatchObject({ code: 3, err: expect.stringContaining('Update kwind') });
    }
  });

  it('of the file is refused alike', async () => {
    const path = copyOf(traces.at(-1)!, 'later-file.kwind');
    const db = new Database(path);
    db.pragma(`user_version = ${(db.pragma('user_version', { simple: true }) as number) + 1}`);
    db.close();
    const ran = await kwind(['info', path]);
    expect(ran).toMatchObject({ code: 3, err: expect.stringContaining('this kwind reads up to') });
  });
});

describe('checkpoints of another reducer version', () => {
  it.each([REDUCER_VERSION - 1, REDUCER_VERSION + 1])('are ignored, never trusted (%d)', (reducer) => {
    const name = traces.at(-1)!;
    const path = copyOf(name, `reducer-${reducer}.kwind`);
    const db = new Database(path);
    const changed = db.prepare("UPDATE checkpoint SET reducer = ?, body = x'00'").run(reducer);
    db.prepare("UPDATE part SET reducer = ?, body = x'00'").run(reducer);
    db.close();
    expect(changed.changes).toBeGreaterThan(0);
    // Their bytes are nonsense now: whoever read one would fail, or stand in another state.
    expect(stateAtEnd(path)).toBe(knownOf(name).state);
  });

  it('would be noticed, if they were trusted', () => {
    const path = copyOf(traces.at(-1)!, 'trusted.kwind');
    const db = new Database(path);
    db.exec("UPDATE checkpoint SET body = x'00'");
    db.close();
    expect(() => stateAtEnd(path)).toThrow(expect.objectContaining({ code: 'trace/damaged' }));
  });
});

describe('a trace that lost pages of its checkpoints and the way to them', () => {
  it('is refused, not read as if they were empty', () => {
    const path = copyOf(traces.at(-1)!, 'lost.kwind');
    const db = new Database(path);
    db.exec('DELETE FROM part WHERE part > 0; DELETE FROM touch');
    db.close();
    expect(() => stateAtEnd(path)).toThrow(expect.objectContaining({ code: 'event/corrupt' }));
    expect(verifyTrace(path).ok).toBe(false);
  });
});
