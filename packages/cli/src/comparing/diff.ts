import { catalog, codesMatching } from '@kwind/events';
import {
  diffTraces,
  firstPlace,
  groupsOf,
  parsePosition,
  stateComparison,
  type DifferenceGroup,
  type DiffOptions,
  type DiffRange,
  type StateDiff,
  type TraceDiff,
} from '@kwind/timeline';
import { openTrace, type SqliteTraceReader } from '@kwind/trace';
import { didYouMean, ToolError } from '@kwind/x86';
import { exitCodes } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { writeOutput } from '../output-file.ts';
import { print, printJson } from '../output.ts';
import { positionContext } from '../positions.ts';
import { renderDiff, renderStat, renderUnified } from '../render/diff.ts';
import { diffPage } from '../render/diff-page.ts';
import { styleFor } from '../render/style.ts';

export interface DiffCommandOptions {
  readonly a: string;
  readonly b: string;
  readonly ignore: readonly string[];
  readonly only: readonly string[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly tolerate?: 'reorder' | undefined;
  readonly stat: boolean;
  readonly unified: boolean;
  readonly quiet: boolean;
  readonly html?: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

/** Everything that a report says. */
export interface DiffReport {
  readonly a: string;
  readonly b: string;
  readonly diff: TraceDiff;
  readonly groups: readonly DifferenceGroup[];
  /** The machines just after the first difference, and at the end; absent when nothing differs. */
  readonly first?: StateDiff;
  readonly end?: StateDiff;
}

/**
 * The verb `diff`.
 * @returns 0 when the histories are the same, 1 when they differ
 */
export async function diff(io: Io, options: DiffCommandOptions): Promise<number> {
  const a = openTrace(pathOf(io, options.a));
  try {
    const b = openTrace(pathOf(io, options.b));
    try {
      const report = compare(options, a, b);
      await show(io, options, report);
      return report.diff.same ? exitCodes.ok : exitCodes.differs;
    } finally {
      b.close();
    }
  } finally {
    a.close();
  }
}

function compare(options: DiffCommandOptions, a: SqliteTraceReader, b: SqliteTraceReader): DiffReport {
  const asked = diffOptionsOf(options, a, b);
  const found = diffTraces(a, b, asked);
  const report = { a: options.a, b: options.b, diff: found, groups: groupsOf(found.differences) };
  const place = firstPlace(found);
  if (!place || ((options.stat || options.quiet) && options.html === undefined && !options.json)) return report;
  const states = stateComparison(a, b);
  const ends = asked.range ? { a: asked.range.a.to, b: asked.range.b.to } : { a: a.length, b: b.length };
  return { ...report, first: states(place), end: states(ends) };
}

const split = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(',')).filter((text) => text !== '');

function diffOptionsOf(options: DiffCommandOptions, a: SqliteTraceReader, b: SqliteTraceReader): DiffOptions {
  const ignore = split(options.ignore);
  const fields = catalog.flatMap((spec) => Object.keys(spec.fields).flatMap((name) => [name, `${spec.type}.${name}`]));
  for (const name of ignore) {
    if (!fields.includes(name))
      throw new ToolError(
        'option/invalid',
        `no event has a field "${name}".`,
        didYouMean(name, fields, 'kwind events lists them.'),
      );
  }
  return {
    ignore,
    ...(options.only.length > 0 && { only: options.only.flatMap(codesMatching) }),
    ...((options.from !== undefined || options.to !== undefined) && {
      range: { a: rangeOf(options, a), b: rangeOf(options, b) },
    }),
    tolerateReorder: options.tolerate === 'reorder',
  };
}

function rangeOf({ from, to }: DiffCommandOptions, reader: SqliteTraceReader): DiffRange {
  const context = positionContext(reader);
  const positionOf = (text: string): number => {
    try {
      return parsePosition(text, context);
    } catch (error) {
      // One position, two traces: which of them does not have it?
      if (!(error instanceof ToolError)) throw error;
      throw new ToolError(error.code, `${reader.path}: ${error.message}`, error.hint, { cause: error });
    }
  };
  return {
    from: from === undefined ? 0 : positionOf(from),
    to: to === undefined ? reader.length : positionOf(to),
  };
}

async function show(io: Io, options: DiffCommandOptions, report: DiffReport): Promise<void> {
  if (options.html !== undefined) writeOutput(io, options.html, diffPage(report));
  if (options.quiet) return;
  if (options.json) return printJson(io, jsonOf(report));
  const style = styleFor(io, { all: options.all, allHint: '--all' });
  if (options.stat) return print(io, renderStat(report));
  return print(io, options.unified ? renderUnified(report, style) : renderDiff(report, style));
}

/** The report for a program; `kwind diff --help` and the room's README say what is in it. */
const jsonOf = ({ a, b, diff: found, groups, first, end }: DiffReport): object => ({
  a,
  b,
  ...found,
  groups: groups.map(({ all }) => all.map((one) => found.differences.indexOf(one))),
  ...(first && { first }),
  ...(end && { end }),
});
