import type { Sighting } from './blocks.ts';
import type { Mark, Segment } from './scan.ts';

/** Lines are missing here: messages dropped by printk, or a debug line that cannot be read. */
export interface Loss {
  readonly line: number;
  readonly dropped: number;
  readonly garbled: string;
}

export interface Repeat {
  readonly line: number;
  readonly nrCalls: number;
  readonly dropped: number;
}

/** One boot of one kernel, each message once. */
export interface Boot {
  readonly from: number;
  sightings: Sighting[];
  losses: Loss[];
  readonly repeats: Repeat[];
  readonly known: Set<string>;
  lastMark: Mark | undefined;
  hasTimed: boolean;
}

const PROBES = 8;

const share = (marks: readonly Mark[], known: ReadonlySet<string>): number =>
  marks.length === 0 ? 0 : marks.filter(({ key }) => known.has(key)).length / marks.length;

/** The first ordinary lines were printed before, and that is no coincidence. */
function beginsKnown(boot: Boot, { why, marks }: Segment): boolean {
  if (share(marks.slice(0, PROBES), boot.known) < 0.75) return false;
  const nrKnown = marks.slice(0, PROBES).filter(({ key }) => boot.known.has(key)).length;
  const enough = why === 'dropped' ? 2 : 1;
  return nrKnown >= 4 || (nrKnown >= enough && marks.some(({ key }) => key === boot.lastMark?.key));
}

/**
 * How a segment goes on: the same boot further along, the same messages printed again (a console that starts with
 * what is in the buffer, or dmesg on the same line), or another boot.
 */
function relation(boot: Boot, segment: Segment): 'further' | 'again' | 'other' {
  const otherwise = segment.why === 'version' ? 'other' : 'further';
  if (segment.marks.length === 0 && segment.why !== 'version') return 'further';
  if (!beginsKnown(boot, segment)) return otherwise;
  const timed = segment.marks.filter((mark) => mark.timed);
  const restarted = segment.startsWithVersion && boot.hasTimed && timed.length > 0;
  return restarted && share(timed, boot.known) < 0.3 ? 'other' : 'again';
}

const garbledOf = ({ garbled }: Segment): Loss[] =>
  garbled.map(({ line, text }) => ({ line, dropped: 0, garbled: text }));

function lossesOf(segment: Segment): Loss[] {
  const garbled = garbledOf(segment);
  return segment.why === 'dropped'
    ? [{ line: segment.line, dropped: segment.dropped, garbled: '' }, ...garbled]
    : garbled;
}

function learn(boot: Boot, marks: readonly Mark[]): void {
  for (const mark of marks) {
    boot.known.add(mark.key);
    if (mark.timed) boot.hasTimed = true;
  }
  boot.lastMark = marks.at(-1) ?? boot.lastMark;
}

/** push(...) would put every value on the stack. */
function addAll<T>(to: T[], values: readonly T[]): void {
  for (const value of values) to.push(value);
}

function goOn(boot: Boot, segment: Segment): void {
  addAll(boot.sightings, segment.sightings);
  addAll(boot.losses, lossesOf(segment));
  learn(boot, segment.marks);
}

/** Line of the segment up to which it prints what was printed before. */
function repeatEnd(boot: Boot, segment: Segment): number {
  const last = boot.lastMark;
  const same =
    segment.marks.find(({ key }) => key === last?.key) ?? segment.marks.findLast(({ key }) => boot.known.has(key));
  return same?.line ?? segment.line;
}

/** How many of `next` print again the calls that came after the last ordinary line before them. */
function trailingAgain(boot: Boot, next: readonly Sighting[]): number {
  const after = boot.lastMark?.line ?? 0;
  const trailing = boot.sightings.slice(boot.sightings.findLastIndex(({ line }) => line <= after) + 1);
  const differs = trailing.findIndex(({ message }, at) => message.text !== next[at]?.message.text);
  return differs === -1 ? trailing.length : differs;
}

function printAgain(boot: Boot, segment: Segment): void {
  const end = repeatEnd(boot, segment);
  const beyond = segment.sightings.filter(({ line }) => line > end);
  const nrAgain = segment.sightings.length - beyond.length + trailingAgain(boot, beyond);
  boot.repeats.push({ line: segment.line, nrCalls: nrAgain, dropped: segment.dropped });
  if (segment.startsWithVersion && segment.sightings.length > boot.sightings.length) {
    // The copy is the better one, as lines were lost from the first.
    boot.sightings = segment.sightings;
    boot.losses = lossesOf(segment);
  } else {
    addAll(boot.sightings, segment.sightings.slice(nrAgain));
    addAll(
      boot.losses,
      garbledOf(segment).filter(({ line }) => line > end),
    );
  }
  learn(
    boot,
    segment.marks.filter(({ line, key }) => line > end || !boot.known.has(key)),
  );
}

/** Put the segments of a log together to boots, in the order of the log. */
export function bootsOf(segments: readonly Segment[]): readonly Boot[] {
  const boots: Boot[] = [];
  for (const segment of segments) {
    const boot = boots.at(-1);
    const how = boot ? relation(boot, segment) : 'other';
    if (boot && how === 'again') printAgain(boot, segment);
    else if (boot && how === 'further') goOn(boot, segment);
    else {
      const fresh: Boot = {
        from: segment.line,
        sightings: [],
        losses: [],
        repeats: [],
        known: new Set(),
        lastMark: undefined,
        hasTimed: false,
      };
      goOn(fresh, segment);
      boots.push(fresh);
    }
  }
  return boots;
}
