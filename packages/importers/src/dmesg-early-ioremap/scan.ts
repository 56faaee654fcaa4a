import { BlockReader, type Sighting } from './blocks.ts';
import { FactReader, type Fact } from './boot-facts.ts';
import { forEachLine } from './lines.ts';
import { messagesIn } from './messages.ts';
import { tokenize, type LogLine } from './tokenize.ts';

/** An ordinary line by which two copies of the same boot messages are told from two boots. */
export interface Mark {
  readonly key: string;
  readonly line: number;
  /** Its timestamp is not zero, so another boot would hardly print the same. */
  readonly timed: boolean;
}

export type SegmentStart = 'start' | 'dropped' | 'time-back' | 'version';

/** A stretch of the log that runs on without a visible break. */
export interface Segment {
  readonly why: SegmentStart;
  readonly line: number;
  /** Messages that the log says are missing before it. */
  readonly dropped: number;
  readonly startsWithVersion: boolean;
  readonly marks: Mark[];
  readonly sightings: Sighting[];
  readonly garbled: { readonly line: number; readonly text: string }[];
}

export interface Scan {
  readonly nrLines: number;
  readonly segments: readonly Segment[];
  readonly facts: readonly Fact[];
  /** Any line had a printk timestamp. */
  readonly stamped: boolean;
  /** Debug lines that two consoles printed twice in a row. */
  readonly nrDoubled: number;
  /** Line of a WARN block that the end of the log cuts, or 0. */
  readonly openBlock: number;
}

const droppedMark = /\*\* ?(\d{1,15}) (?:printk )?messages dropped ?\*\* ?|[Mm]issed (\d{1,15}) kernel messages/;
const REPLAY_MARK = '** replaying previous printk message **';
/** Lines of register dumps and traces: they repeat for good reason, and may stand outside a block whose start is lost. */
const dumpLine =
  /^(?: |R(?:[ABCD]X|[SD]I|BP|SP|IP|\d+):|[FC]S:|CR\d:|DR\d:|Code:|Call Trace:|Modules linked in:|Hardware name:|CPU: \d|Tainted:|WARNING: |---\[)/;
/** The early clock may step back a little when a better one takes over. */
const CLOCK_STEP = 0.05;

class Scanner {
  readonly segments: Segment[] = [];
  readonly #facts = new FactReader();
  #current: Segment;
  #blocks: BlockReader;
  #lastRaw = '';
  #lastText = '';
  #lastTime = -1;
  #replaying = false;
  #versionSeen = false;
  #callSeen = false;
  stamped = false;
  nrDoubled = 0;

  constructor() {
    [this.#current, this.#blocks] = this.#segment('start', 1, 0, false);
  }

  get facts(): readonly Fact[] {
    return this.#facts.facts;
  }

  get openBlock(): number {
    return this.#blocks.openSince;
  }

  rawLine(raw: string, no: number): void {
    if (raw === this.#lastRaw) {
      if (raw !== '' && messagesIn(raw).length > 0) this.nrDoubled += 1;
      return;
    }
    this.#lastRaw = raw;
    const dropped = raw.includes('essages') ? droppedMark.exec(raw) : null;
    if (!dropped) return this.#line(tokenize(raw, no));
    [this.#current, this.#blocks] = this.#segment('dropped', no, Number(dropped[1] ?? dropped[2]), false);
    // Old kernels print the next message on the same line.
    const rest = raw.slice(dropped.index + dropped[0].length);
    if (rest !== '') this.#line(tokenize(rest, no));
  }

  finish(): void {
    if (this.openBlock === 0) this.#blocks.close();
  }

  #segment(why: SegmentStart, line: number, dropped: number, startsWithVersion: boolean): [Segment, BlockReader] {
    this.#blocks?.close();
    const segment: Segment = { why, line, dropped, startsWithVersion, marks: [], sightings: [], garbled: [] };
    this.segments.push(segment);
    this.#lastTime = -1;
    return [segment, new BlockReader(segment.sightings)];
  }

  #line(line: LogLine): void {
    if (this.#isReplay(line)) return;
    this.#followTime(line);
    this.#facts.line(line);
    const wasInside = this.#blocks.inside;
    const found = messagesIn(line.raw);
    for (const one of found) {
      this.#callSeen = true;
      if ('message' in one) this.#blocks.message(one.message, line.no);
      else this.#garbled(one.garbled, line.no);
    }
    if (found.length > 0) return;
    this.#blocks.line(line);
    if (!wasInside && !this.#blocks.inside) this.#mark(line);
  }

  #garbled(text: string, line: number): void {
    this.#blocks.garbled();
    this.#current.garbled.push({ line, text });
  }

  #isReplay(line: LogLine): boolean {
    const again = this.#replaying && line.text === this.#lastText;
    this.#replaying = line.text.includes(REPLAY_MARK);
    if (!this.#replaying) this.#lastText = line.text;
    return again || this.#replaying;
  }

  #followTime({ time, text, no }: LogLine): void {
    if (time >= 0) this.stamped = true;
    const isVersion = text.startsWith('Linux version ') && (time >= 0 || !this.stamped);
    if (isVersion && (this.#versionSeen || this.#callSeen)) {
      [this.#current, this.#blocks] = this.#segment('version', no, 0, true);
    } else if (time >= 0 && time < this.#lastTime - CLOCK_STEP) {
      [this.#current, this.#blocks] = this.#segment('time-back', no, 0, false);
    }
    if (isVersion) this.#versionSeen = true;
    if (time >= 0) this.#lastTime = time;
  }

  #mark({ text, time, no }: LogLine): void {
    if (text === '' || (this.stamped && time < 0) || dumpLine.test(text)) return;
    this.#current.marks.push({ key: `${time} ${text}`, line: no, timed: time > 0 });
  }
}

/** One pass over the lines: messages with their traces, facts, and the places where the log breaks off or starts again. */
export function scanLog(input: string | Iterable<string>): Scan {
  const scanner = new Scanner();
  const nrLines = forEachLine(input, (raw, no) => scanner.rawLine(raw, no));
  const { openBlock } = scanner;
  scanner.finish();
  const { segments, facts, stamped, nrDoubled } = scanner;
  return { nrLines, segments, facts, stamped, nrDoubled, openBlock };
}
