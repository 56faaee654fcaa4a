import { captureFacts } from '@kwind/importers';
import { recordFacts, recordStaticTables, type FactRun } from '@kwind/recorder';
import type { Io } from '../io.ts';
import { readCaptureSource, type CaptureChoice, type CaptureSource } from './capture-source.ts';
import { headerFor } from './header.ts';
import { recordTrace, type Recording, type Target } from './record.ts';

export interface ImportedCapture {
  readonly source: CaptureSource;
  readonly recording: Recording<FactRun>;
  readonly notes: readonly string[];
}

/** Notes of one kind beyond this are only counted. */
const SHOWN = 20;

/**
 * Record what a capture says a real kernel did. Nothing is decided by the model but what the header's notes name.
 * @throws ToolError import/format, import/nothing-found, profile/unknown, option/invalid; trace/…
 */
export function importCapture(
  io: Io,
  path: string,
  text: string,
  target: Target,
  choice: CaptureChoice,
): ImportedCapture {
  const source = readCaptureSource(io, path, text, choice);
  const { capture, profile, kernelVersion } = source;
  const notes = [...source.notes, ...capture.notes.slice(0, SHOWN).map((note) => note.text), ...unknownNotes(source)];
  if (capture.notes.length > SHOWN)
    notes.push(`${capture.notes.length - SHOWN} more notes about records of the capture`);
  const header = headerFor(io, {
    profile: profile.name,
    options: profile.overrides,
    kind: 'capture',
    name: capture.name,
    kernelVersion,
    notes,
  });
  const recording = recordTrace(io, target, header, (machine) => {
    recordStaticTables(machine);
    return recordFacts(machine, captureFacts(capture));
  });
  return { source, recording, notes: [...notes, ...resultNotes(recording.result)] };
}

const unknownNotes = ({ capture }: CaptureSource): readonly string[] =>
  capture.unknown.length === 0
    ? []
    : [
        `functions that kwind does not know are kept as calls without effects: ${capture.unknown.map(({ fn, calls }) => `${fn} (${calls})`).join(', ')}.`,
      ];

function resultNotes({ contradictions, assumed, followed }: FactRun): readonly string[] {
  const more =
    contradictions.length > SHOWN ? [`${contradictions.length - SHOWN} more facts contradict each other`] : [];
  const unseen =
    followed === 0
      ? []
      : [`the stores of ${followed} calls were not traced; they are recorded as they follow from the call.`];
  return [...assumed, ...unseen, ...contradictions.slice(0, SHOWN), ...more];
}
