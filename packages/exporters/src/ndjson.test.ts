import {
  BatchBuilder,
  EVENT_SCHEMA,
  eventToJson,
  type BootEvent,
  type EventBatch,
  type TraceHeader,
} from '@kwind/events';
import { ToolError, type Pfn, type Pte } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { ndjsonLines, parseNdjson } from './ndjson.ts';

const header: TraceHeader = {
  eventSchema: EVENT_SCHEMA,
  profile: 'linux-6.1',
  options: ['nr_cpus=64'],
  source: { kind: 'log', name: 'boot.log' },
  kernelVersion: '6.1.0-56-amd64',
  created: '2026-11-22T12:00:00.000Z',
  recordedBy: '0.1.0',
  notes: ['the log starts late'],
};
const events: readonly BootEvent[] = [
  { type: 'phase.entered', name: 'quote " and\nnewline' },
  { type: 'pte.written', table: 0x32b5 as Pfn, index: 0, before: 0n as Pte, after: 0x8000_0000_000f_0163n as Pte },
  { type: 'call.returned', fn: 'early_ioremap', result: 0xffff_ffff_ff20_0000n },
];

function reader(facts: readonly BootEvent[]): Parameters<typeof ndjsonLines>[0] {
  const builder = new BatchBuilder();
  for (const fact of facts) builder.append(fact);
  const batch: EventBatch = builder.freeze();
  return { header, length: batch.length, batchContaining: () => batch };
}

const textOf = (facts: readonly BootEvent[]): string => [...ndjsonLines(reader(facts))].join('\n');
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ToolError) return error.code;
  }
  return 'none';
}

describe('ndjsonLines', () => {
  it('prints 64-bit quantities as hex strings', () => {
    const line = textOf(events).split('\n')[2];
    expect(line).toBe(
      '{"seq":1,"type":"pte.written","table":"0x32b5000","index":0,"before":"0x0","after":"0x80000000000f0163","cause":null,"depth":0}',
    );
  });
});

describe('parseNdjson', () => {
  it('reads back header and events', () => {
    const back = parseNdjson(textOf(events), 'boot.jsonl');
    expect(back.header).toEqual(header);
    expect([...back.events]).toEqual(events);
  });
  it('reads events without a header, as a listing prints them', () => {
    const lines = [...reader(events).batchContaining(0)].map((event) => JSON.stringify(eventToJson(event)));
    const back = parseNdjson(`${lines.join('\r\n')}\n\n`, 'listing');
    expect(back.header).toBeUndefined();
    expect([...back.events]).toEqual(events);
  });

  const lines = textOf(events).split('\n');
  it.each<[string, string, string]>([
    ['an empty file', '', 'import/nothing-found'],
    ['text', 'hello', 'import/format'],
    ['a JSON array', '[1]', 'import/format'],
    ['a line that was cut', `${lines.slice(0, 2).join('\n')}\n{"seq":1,`, 'import/format'],
    ['a missing end', lines.slice(0, 3).join('\n'), 'import/format'],
    ['a missing event', [lines[0], lines[1], lines[3]].join('\n'), 'import/format'],
    ['an unknown type', '{"seq":0,"type":"pte.eaten"}', 'event/unknown-type'],
    ['a bad field', '{"seq":0,"type":"phase.entered","name":7}', 'event/bad-field'],
    ['a later catalogue', lines[0]!.replace(/"eventSchema":\d+/, '"eventSchema":99'), 'trace/newer-schema'],
  ])('refuses %s', (_what, text, code) => {
    expect(codeOf(() => [...parseNdjson(text, 'x.jsonl').events])).toBe(code);
  });
  it('names the line of a bad event', () => {
    expect(() => [...parseNdjson('{"seq":0,"type":"phase.entered","name":7}', 'x.jsonl').events]).toThrow(
      /^x\.jsonl:1: /,
    );
  });
});
