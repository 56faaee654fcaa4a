import { conform, type ConformReport } from '@kwind/conform';
import { procIomem, procIoports } from '@kwind/exporters';
import { ToolError } from '@kwind/x86';
import { detectFormat } from '@kwind/importers';
import { exitCodes } from '../exit-code.ts';
import { captureIn, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { print, printJson } from '../output.ts';
import { renderConform } from '../render/conform.ts';
import { readCaptureSource, type CaptureChoice } from './capture-source.ts';

export interface ConformOptions extends CaptureChoice {
  readonly capture: string;
  readonly iomem?: string | undefined;
  readonly ioports?: string | undefined;
  readonly json: boolean;
  readonly all: boolean;
}

/** A text that the kernel printed in the end, against the model's. */
export interface TextComparison {
  readonly file: string;
  readonly agrees: boolean;
  /** First line that differs, from 1; 0 when none does. */
  readonly line: number;
  readonly kernel: string;
  readonly model: string;
}

/**
 * Compare a capture with the model, and say how far they agree.
 * @returns 1 when anything differs
 */
export async function conformFile(io: Io, given: ConformOptions): Promise<number> {
  const options = { ...given, capture: captureIn(io, given.capture) };
  const text = (await readInput(options.capture, io)).toString('utf8');
  if (detectFormat(text) !== 'capture') {
    throw new ToolError(
      'import/format',
      `${options.capture} is no capture.`,
      'A capture has one JSON object with "n" and "f" on each line; kwind import reads logs and events.',
    );
  }
  const source = readCaptureSource(io, options.capture, text, options);
  const report = conform(source.capture, source.profile);
  const texts = await compareTexts(io, options, report);
  const agree = report.agrees && texts.every(({ agrees }) => agrees);
  const notes = [...source.notes, ...report.notes.map((note) => note.text)];
  if (options.json) {
    const { end: _, ...plain } = report;
    await printJson(io, { ...plain, kernelVersion: source.kernelVersion, shown: source.shown, notes, texts, agree });
  } else
    await print(io, renderConform(report, texts, { notes, kernelVersion: source.kernelVersion, all: options.all }));
  return agree ? exitCodes.ok : exitCodes.differs;
}

async function compareTexts(
  io: Io,
  { iomem, ioports }: ConformOptions,
  { end }: ConformReport,
): Promise<readonly TextComparison[]> {
  const found: TextComparison[] = [];
  if (iomem !== undefined)
    found.push(compareText(iomem, (await readInput(iomem, io)).toString('utf8'), procIomem(end)));
  if (ioports !== undefined)
    found.push(compareText(ioports, (await readInput(ioports, io)).toString('utf8'), procIoports(end)));
  return found;
}

/** Byte for byte. */
export function compareText(file: string, kernel: string, model: string): TextComparison {
  if (kernel === model) return { file, agrees: true, line: 0, kernel: '', model: '' };
  const [theirs, ours] = [kernel.split('\n'), model.split('\n')];
  const at = theirs.findIndex((line, i) => line !== ours[i]);
  const line = at < 0 ? theirs.length : at;
  return { file, agrees: false, line: line + 1, kernel: theirs[line] ?? '', model: ours[line] ?? '' };
}
