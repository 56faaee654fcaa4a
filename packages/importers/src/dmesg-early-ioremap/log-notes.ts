import type { Boot, Loss, Repeat } from './repeats.ts';
import type { Scan } from './scan.ts';
import type { AssumedReason, LogNote } from './types.ts';

const SHOWN = 80;

const lateNote = (line: number): LogNote => ({
  kind: 'starts-late',
  weight: 'loss',
  line,
  text: 'the log starts late: calls before this line are missing. Boot with a larger log_buf_len.',
});

const lossNote = ({ line, dropped, garbled }: Loss): LogNote =>
  garbled === ''
    ? { kind: 'dropped-messages', weight: 'loss', line, text: `${dropped} messages are missing here.` }
    : {
        kind: 'garbled-line',
        weight: 'loss',
        line,
        text: `a debug message cannot be read: "${garbled.slice(0, SHOWN)}".`,
      };

const repeatNote = ({ line, nrCalls }: Repeat): LogNote => ({
  kind: 'repeated-part',
  weight: 'info',
  line,
  text: `from here earlier messages are printed again; ${nrCalls} debug messages among them are counted once.`,
});

const doubledNote = (nrDoubled: number): LogNote => ({
  kind: 'repeated-part',
  weight: 'info',
  line: 0,
  text: `two consoles print ${nrDoubled} debug messages twice in a row; they are counted once.`,
});

const otherBootNote = ({ from, sightings }: Boot): LogNote => ({
  kind: 'other-boot',
  weight: 'info',
  line: from,
  text: `another boot starts here; its ${sightings.length} debug messages are left out.`,
});

const cutNote = (line: number): LogNote => ({
  kind: 'cut-at-end',
  weight: 'loss',
  line,
  text: 'the log ends in the middle of the warning that begins here.',
});

/** What is missing from the log, or in it more than once. */
export function notesOfLog(scan: Scan, boots: readonly Boot[], boot: Boot, opening: AssumedReason): LogNote[] {
  return [
    ...(opening === 'starts-late' ? [lateNote(boot.sightings[0]?.line ?? 0)] : []),
    ...boot.losses.map(lossNote),
    ...boot.repeats.map(repeatNote),
    ...boots.filter((other) => other !== boot).map(otherBootNote),
    ...(scan.nrDoubled > 0 ? [doubledNote(scan.nrDoubled)] : []),
    ...(scan.openBlock > 0 ? [cutNote(scan.openBlock)] : []),
  ];
}
