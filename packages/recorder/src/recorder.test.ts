import { describe, expect, it } from 'vitest';
import { profile, type Pte, type Vaddr } from '@kwind/x86';
import { eventToJson, toEvent, type BootEvent, type EventBatch, type EventView } from '@kwind/events';
import { initialState, reduceAll, stateHash } from '@kwind/state';
import { Recorder, type Recorded } from './index.ts';

const linux = profile('linux-6.1');
const flush = (page: number): BootEvent => ({
  type: 'tlb.page-flushed',
  vaddr: BigInt(page * 4096) as Vaddr,
  how: 'invlpg',
});
const store = (index: number): BootEvent => ({
  type: 'pte.written',
  table: 7 as never,
  index,
  before: 0n as Pte,
  after: 0x163n as Pte,
});

function collect<T>(stream: {
  subscribe(observer: { next(value: T): void; error(e: unknown): void; complete(): void }): unknown;
}): { values: T[]; ended: string } {
  const seen = { values: [] as T[], ended: '' };
  stream.subscribe({
    next: (value) => seen.values.push(value),
    error: (e) => (seen.ended = `error: ${String(e)}`),
    complete: () => (seen.ended = 'complete'),
  });
  return seen;
}

describe('the stream of a recording', () => {
  it('delivers every event once and in order, however many batches they fill', () => {
    const recorder = new Recorder(linux);
    const events = collect<EventView>(recorder.events$());
    for (let i = 0; i < 10_000; i++) recorder.machine.emit(flush(i));
    recorder.finish();
    expect(events.values.map((e) => e.seq)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(events.ended).toBe('complete');
  });

  it('can be narrowed to types by a pattern', () => {
    const recorder = new Recorder(linux);
    const entries = collect<EventView>(recorder.events$('pte.*'));
    recorder.machine.emit(flush(1));
    recorder.machine.emit(store(3));
    recorder.finish();
    expect(entries.values.map(toEvent)).toEqual([store(3)]);
  });

  it('is hot: who comes late sees only what follows', () => {
    const recorder = new Recorder(linux);
    recorder.machine.emit(flush(1));
    recorder.flush();
    const late = collect<EventView>(recorder.events$());
    recorder.machine.emit(flush(2));
    recorder.finish();
    expect(late.values.map((e) => e.seq)).toEqual([1]);
  });

  it('hands out the state that belongs to each batch', () => {
    const recorder = new Recorder(linux);
    const recorded = collect<Recorded>(recorder.recorded$);
    for (let i = 0; i < 512; i++) {
      recorder.machine.emit(store(i));
      if (i % 100 === 99) recorder.flush();
    }
    recorder.finish();
    const batches: EventBatch[] = [];
    for (const { batch, state } of recorded.values) {
      batches.push(batch);
      expect(stateHash(state)).toBe(stateHash(reduceAll(initialState(linux), batches)));
    }
    expect(batches).toHaveLength(6);
  });

  it('keeps what an observer was given unchanged when the recording goes on', () => {
    const recorder = new Recorder(linux);
    const events = collect<EventView>(recorder.events$());
    recorder.machine.emit(store(1));
    recorder.flush();
    const first = toEvent(events.values[0]!);
    for (let i = 2; i < 500; i++) recorder.machine.emit(store(i));
    recorder.finish();
    expect(toEvent(events.values[0]!)).toEqual(first);
  });
});

describe('a sink', () => {
  it('that fails ends the recording with its error, at the emit and in the stream, and later ones get nothing twice', () => {
    const recorder = new Recorder(linux);
    const stream = collect<EventBatch>(recorder.batches$);
    const before: number[] = [];
    recorder.addSink((batch) => before.push(batch.firstSeq));
    recorder.addSink((batch) => {
      if (batch.firstSeq > 0) throw new Error('disk full');
    });
    recorder.machine.emit(flush(0));
    recorder.flush();
    recorder.machine.emit(flush(1));
    expect(() => recorder.flush()).toThrow('disk full');
    expect(stream.ended).toBe('error: Error: disk full');
    expect(stream.values.map((b) => b.firstSeq)).toEqual([0]);
    expect(before).toEqual([0, 1]);
  });

  it('slows the recording instead of queueing: it has every batch before the next event is made', () => {
    const recorder = new Recorder(linux);
    let taken = 0;
    recorder.addSink((batch) => (taken += batch.length));
    for (let i = 0; i < 3 * 4096; i++) {
      recorder.machine.emit(flush(i));
      expect(i + 1 - taken).toBeLessThan(4096);
    }
  });
});

describe('recording on from a state', () => {
  it('continues numbers, open calls and entries where they stood', () => {
    const first = new Recorder(linux);
    first.machine.emit({ type: 'call.entered', fn: 'outer', caller: '', stack: '', origin: '', text: '', args: [] });
    first.machine.emit(store(1));
    const middle = first.finish();
    const second = new Recorder(middle);
    const events = collect<EventView>(second.events$());
    second.machine.emit({ type: 'call.returned', fn: 'outer', result: 0n });
    const end = second.finish();
    expect(events.values.map((e) => [e.seq, e.cause])).toEqual([[2, 0]]);
    expect([end.calls, end.pages.entry(7, 1)]).toEqual([null, 0x163n]);
  });
});

describe('a batch whose rows are used again', () => {
  const full = 4096;
  const filled = (recorder: Recorder, batches: number): void => {
    const { position } = recorder.machine;
    for (let i = position; i < position + batches * full; i++)
      recorder.machine.emitEntry(0x10, 7, i % 512, i < 512 ? 0 : i - 511, 0, i + 1, 0);
  };
  const seen = (batch: EventBatch): string[] => [...batch].map((event) => JSON.stringify(eventToJson(event)));

  it('is never one that a subscriber or a sink may have kept, whatever sinks that only look are there', () => {
    for (const keeps of ['subscriber', 'sink'] as const) {
      const recorder = new Recorder(linux);
      recorder.addSink(() => {}, true);
      const kept: { batch: EventBatch; events: string[] }[] = [];
      const keep = (batch: EventBatch): void => void kept.push({ batch, events: seen(batch) });
      if (keeps === 'sink') recorder.addSink(keep);
      else recorder.batches$.subscribe(keep);
      filled(recorder, 4);
      recorder.finish();
      expect(kept).toHaveLength(4);
      for (const { batch, events } of kept) expect(seen(batch)).toEqual(events);
    }
  });

  it('says so to a sink that promised only to look and kept it, and shows it no other events', () => {
    const recorder = new Recorder(linux);
    const kept: EventBatch[] = [];
    const views: EventView[] = [];
    recorder.addSink((batch) => {
      kept.push(batch);
      views.push(batch.at(0));
    }, true);
    filled(recorder, 3);
    recorder.finish();
    for (const batch of kept) expect(() => batch.at(0).type).toThrow(/taken back/);
    for (const view of views) expect(() => toEvent(view)).toThrow(/taken back/);
  });

  it('leaves single events as they were for whoever keeps them, with their numbers and causes', () => {
    const record = (recorder: Recorder): void => {
      const { machine } = recorder;
      for (let i = 0; i < 2 * full; i++) {
        machine.emit({
          type: 'call.entered',
          fn: `f${i}`,
          caller: '',
          stack: '',
          origin: '',
          text: '',
          args: [BigInt(i)],
        });
        machine.emit(flush(i));
        if (i % 7 > 0) machine.emit({ type: 'call.returned', fn: `f${i}`, result: BigInt(i) });
      }
    };
    const told = (event: EventView): string =>
      JSON.stringify([event.seq, event.cause, event.depth, eventToJson(event)]);
    const plain = new Recorder(linux);
    const batches = collect<EventBatch>(plain.batches$);
    record(plain);
    plain.finish();
    const all = batches.values.flatMap((batch) => [...batch]);
    const recorder = new Recorder(linux);
    recorder.addSink(() => {}, true);
    const patterns = ['*', 'tlb.*', 'call.*', 'call.returned', 'slot.*'];
    const kept = patterns.map((pattern) => collect<EventView>(recorder.events$(pattern)));
    record(recorder);
    recorder.finish();
    for (const [i, pattern] of patterns.entries()) {
      const wanted = all.filter(({ type }) => pattern === '*' || type.startsWith(pattern.replace('*', '')));
      expect(kept[i]!.values.map(told)).toEqual(wanted.map(told));
    }
  });

  it('gives a subscriber that comes later every event from then on, and to the end', () => {
    const recorder = new Recorder(linux);
    const digests: string[] = [];
    recorder.addSink((batch) => digests.push(JSON.stringify(seen(batch))), true);
    filled(recorder, 2);
    const late = collect<EventBatch>(recorder.batches$);
    filled(recorder, 2);
    recorder.finish();
    expect(late.values.map((batch) => JSON.stringify(seen(batch)))).toEqual(digests.slice(2));
  });
});
