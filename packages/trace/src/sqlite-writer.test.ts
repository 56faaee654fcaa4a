import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BatchBuilder } from '@kwind/events';
import { createTrace, openTrace, verifyTrace } from './index.ts';
import {
  eventBytes,
  eventOf,
  filesIn,
  makeFolder,
  randomFrom,
  removeFolders,
  sampleBatches,
  sampleHeader,
} from './testing/sample.ts';
import { sampleCheckpoint, writeSample } from './testing/write-sample.ts';

afterAll(removeFolders);

const tracePath = (): string => join(makeFolder(), 'boot.kwind');
/** A clock that stands still, so that commits go by number alone. */
const still = (): number => 0;

function readAll(path: string): string[] {
  const reader = openTrace(path);
  const batches = [];
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    batches.push(batch);
    seq += batch.length;
  }
  reader.close();
  return eventBytes(batches);
}

describe('a recorded trace', () => {
  it.each([
    ['full batches', { events: 3 * 4096 }],
    ['a partial batch at the end', { events: 10_000 }],
    ['ragged batches', { events: 20_000, batch: 700, ragged: true }],
    ['batches of one event', { events: 50, batch: 1 }],
  ])('gives back every byte of %s', (_name, shape) => {
    const path = tracePath();
    writeSample(path, shape);
    expect(readAll(path)).toEqual(eventBytes(sampleBatches(shape)));
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: shape.events, finished: true, problems: [] });
  });

  it('gives back its header', () => {
    const path = tracePath();
    const header = { ...sampleHeader, notes: ['line 1\nline 2\0', 'lone \ud800 surrogate', '∅'] };
    createTrace(path, header).finish();
    const reader = openTrace(path);
    expect(reader.header).toEqual(header);
    reader.close();
  });

  it('is one file when it is finished, and takes a few KiB when it is empty', () => {
    const path = tracePath();
    writeSample(path, { events: 0 });
    expect(filesIn(join(path, '..'))).toEqual(['boot.kwind']);
    expect(statSync(path).size).toBeLessThanOrEqual(16 * 1024);
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 0, batches: 0 });
  });

  it('takes at most 3 bytes an event, all in, for a boot of 12,000 events', () => {
    const path = tracePath();
    const writer = createTrace(path, sampleHeader);
    const random = randomFrom(3);
    const builder = new BatchBuilder();
    for (let events = 0; events < 12_000;) {
      const [table, frame, run] = [0x1000 + random(46), random(1 << 20), 1 + random(25)];
      builder.append(
        eventOf('call.entered', {
          fn: '__early_set_fixmap',
          stack: 'dmi_setup+0xfa setup_arch+0x5f7',
          args: [BigInt(frame)],
        }),
      );
      for (let i = 0; i < run; i++) builder.appendEntry(0x10, table, i, 0, 0, 0x163 | ((frame + i) << 12), 0x8000_0000);
      builder.append(eventOf('call.returned', { fn: '__early_set_fixmap' }));
      events += run + 2;
      if (builder.length < 4000 && events < 12_000) continue;
      writer.append(builder.freeze());
    }
    writer.putCheckpoint(sampleCheckpoint(writer.length));
    writer.finish();
    expect(statSync(path).size / writer.length).toBeLessThan(3);
  });

  it('has the same digest as another of the same events, and a different one from one that differs in a bit', () => {
    const digest = (bit: number, created: string): string => {
      const path = tracePath();
      const builder = new BatchBuilder();
      for (let i = 0; i < 100; i++) builder.appendEntry(0x10, 0x1000, i, 0, 0, i === 50 ? bit : 1, 0);
      const writer = createTrace(path, { ...sampleHeader, created });
      writer.append(builder.freeze());
      writer.finish();
      return openTrace(path).digest;
    };
    expect(digest(1, '2026-01-01')).toBe(digest(1, '2027-12-31'));
    expect(digest(1, '2026-01-01')).not.toBe(digest(3, '2026-01-01'));
  });
});

describe('the writer', () => {
  it('commits every 16 batches', () => {
    const writer = createTrace(tracePath(), sampleHeader, { now: still });
    const committed = [...sampleBatches({ events: 40, batch: 1 })].map(
      (batch) => (writer.append(batch), writer.committed),
    );
    expect(committed).toEqual([...Array(15).fill(0), ...Array(16).fill(16), ...Array(9).fill(32)]);
    writer.abort();
  });

  it('commits a batch that comes 100 ms after the last commit', () => {
    let time = 0;
    const writer = createTrace(tracePath(), sampleHeader, { now: () => time });
    const committed = [...sampleBatches({ events: 4, batch: 1 })].map(
      (batch) => ((time += 60), writer.append(batch), writer.committed),
    );
    expect(committed).toEqual([0, 2, 2, 4]);
    writer.abort();
  });

  it('commits when it is told to', () => {
    const path = tracePath();
    const writer = createTrace(path, sampleHeader, { now: still });
    for (const batch of sampleBatches({ events: 3, batch: 1 })) writer.append(batch);
    writer.putCheckpoint(sampleCheckpoint(3));
    writer.flush();
    expect(writer.committed).toBe(3);
    const reader = openTrace(path);
    expect(reader.length).toBe(3);
    expect(reader.checkpointAtOrBefore(3, 3)).toBeDefined();
    reader.close();
    writer.abort();
  });

  it('refuses a batch that leaves a gap', () => {
    const writer = createTrace(tracePath(), sampleHeader);
    const [, second] = sampleBatches({ events: 20, batch: 10 });
    expect(() => writer.append(second!)).toThrow(expect.objectContaining({ code: 'internal/invariant' }));
    writer.abort();
  });

  it('weighs the log since the last checkpoint', () => {
    const writer = createTrace(tracePath(), sampleHeader);
    const [first, second] = sampleBatches({ events: 200, batch: 100 });
    expect(writer.sinceCheckpoint).toEqual({ logBytes: 0, lastBytes: 0 });
    writer.append(first!);
    expect(writer.sinceCheckpoint.logBytes).toBeGreaterThan(0);
    writer.putCheckpoint(sampleCheckpoint(100));
    expect(writer.sinceCheckpoint.logBytes).toBe(0);
    expect(writer.sinceCheckpoint.lastBytes).toBeGreaterThan(0);
    writer.append(second!);
    expect(writer.sinceCheckpoint.logBytes).toBeGreaterThan(0);
    writer.abort();
  });

  it('keeps everything that was appended when it is aborted', () => {
    const path = tracePath();
    const writer = createTrace(path, sampleHeader, { now: still });
    for (const batch of sampleBatches({ events: 5000, batch: 1000 })) writer.append(batch);
    writer.abort();
    writer.abort();
    expect(filesIn(join(path, '..'))).toEqual(['boot.kwind']);
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 5000, finished: false });
  });

  it('answers an append after its end with a ToolError', () => {
    const writer = createTrace(tracePath(), sampleHeader);
    writer.finish();
    const [batch] = sampleBatches({ events: 1 });
    expect(() => writer.append(batch!)).toThrow(expect.objectContaining({ code: 'internal/invariant' }));
  });

  it.each([
    ['a page-table page beyond 52 bits', (builder: BatchBuilder) => builder.appendEntry(0x10, 2 ** 52, 0, 0, 0, 1, 0)],
    [
      'texts of 17 MiB',
      (builder: BatchBuilder) => builder.append(eventOf('warn.raised', { message: 'x'.repeat(17 << 20) })),
    ],
  ])('refuses %s, keeps what came before and takes what comes after', (_name, add) => {
    const path = tracePath();
    const writer = createTrace(path, sampleHeader, { now: still });
    const [good, next] = sampleBatches({ events: 20, batch: 10 });
    writer.append(good!);
    const builder = new BatchBuilder(10);
    add(builder);
    const bad = builder.freeze();
    expect(() => writer.append(bad)).toThrow(expect.objectContaining({ code: 'event/bad-field' }));
    writer.append(next!);
    writer.abort();
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 20 });
  });
});

describe('checkpoints', () => {
  it('are found at or before a position, of one reducer only', () => {
    const path = tracePath();
    const writer = createTrace(path, sampleHeader);
    for (const batch of sampleBatches({ events: 500, batch: 100 })) {
      writer.append(batch);
      if (writer.length !== 300) writer.putCheckpoint(sampleCheckpoint(writer.length));
      else writer.putCheckpoint({ position: 300, reducer: 4, bytes: Buffer.from('of another reducer') });
    }
    writer.putCheckpoint(sampleCheckpoint(500));
    writer.finish();
    const reader = openTrace(path);
    const positions = [0, 99, 100, 250, 300, 399, 400, 500, 9999].map(
      (at) => reader.checkpointAtOrBefore(at, 3)?.position,
    );
    expect(positions).toEqual([undefined, undefined, 100, 200, 200, 200, 400, 500, 500]);
    expect(reader.checkpointAtOrBefore(300, 4)?.bytes.toString()).toBe('of another reducer');
    expect(reader.checkpointAtOrBefore(200, 3)).toEqual({
      ...sampleCheckpoint(200),
      bytes: Buffer.from(sampleCheckpoint(200).bytes),
    });
    reader.close();
    expect(verifyTrace(path)).toMatchObject({ ok: true });
  });
});
