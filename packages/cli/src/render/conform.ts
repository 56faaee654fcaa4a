import type { ConformDisagreement, ConformReport, Given } from '@kwind/conform';
import type { TextComparison } from '../recording/conform.ts';
import { safe } from '../terminal.ts';
import { count, table } from './table.ts';

const SHOWN = 10;
const RUNS = 4;

export interface ConformAbout {
  readonly notes: readonly string[];
  readonly kernelVersion: string;
  /** Leave nothing out. */
  readonly all: boolean;
}

/** How far kernel and model agree, where they do not, and what was taken as given. */
export function renderConform(report: ConformReport, texts: readonly TextComparison[], about: ConformAbout): string[] {
  const { capture, nrRecords, profile, options, agreement, disagreements, given } = report;
  const shown = about.all ? disagreements.length : SHOWN;
  return [
    safe(`${capture}: ${count(nrRecords, 'record')}, on ${[profile, ...options].join(' ')}`),
    `kernel: ${safe(about.kernelVersion) || 'not named beside the capture'}`,
    ...about.notes.map((note) => `note: ${safe(note)}`),
    'agreement:',
    ...table(
      [{ head: 'effect' }, { head: 'agree', align: 'right' }],
      agreement.map(({ kind, agreed, total }) => [safe(kind), `${agreed}/${total}`]),
    ).map((line) => `  ${line}`),
    'taken as given, because the capture cannot show it or another part of the kernel decided it:',
    ...givenLines(given, about.all),
    ...disagreements.slice(0, shown).flatMap(disagreementLines),
    ...(disagreements.length > shown ? [`(${disagreements.length - shown} more disagreements, --all shows them)`] : []),
    ...texts.flatMap(textLines),
    verdict(report, texts),
  ];
}

function givenLines(given: readonly Given[], all: boolean): string[] {
  const merged = all
    ? given
    : [
        ...given.filter(({ reason }) => reason !== 'not-driven'),
        ...sumUp(given.filter(({ reason }) => reason === 'not-driven')),
      ];
  return merged.map(({ reason, what, records, count: nr }) =>
    safe(`  ${reason}: ${what} (${nr === 1 ? '' : `${count(nr, 'record')}: `}${runsText(records, all)})`),
  );
}

/** The many callers that the model does not run, in one line. */
function sumUp(given: readonly Given[]): readonly Given[] {
  if (given.length <= 1) return given;
  const names = given.toSorted((a, b) => b.count - a.count).map(({ what }) => /of (\S+\(\))/.exec(what)?.[1] ?? what);
  const what = `stores and flushes of functions that the model does not run: ${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''}`;
  return [
    {
      reason: 'not-driven',
      what,
      count: given.reduce((sum, item) => sum + item.count, 0),
      records: given.flatMap(({ records }) => records).toSorted((a, b) => a[0] - b[0]),
    },
  ];
}

function runsText(records: Given['records'], all: boolean): string {
  const shown = all ? records : records.slice(0, RUNS);
  const texts = shown.map(([first, last]) =>
    first < 0 ? 'before the first' : first === last ? `${first}` : `${first} to ${last}`,
  );
  return `${texts.join(', ')}${records.length > shown.length ? ', …' : ''}`;
}

function disagreementLines({
  kind,
  n,
  origin,
  kernel,
  model,
  call,
  callRecord,
  callers,
}: ConformDisagreement): string[] {
  return [
    safe(`${origin}: record ${n}: ${kind}${call === '' ? '' : `, in ${call} of record ${callRecord}`}`),
    safe(`  the kernel  ${kernel === '' ? 'nothing' : kernel}`),
    safe(`  the model   ${model === '' ? 'nothing' : model}`),
    ...(callers.length === 0 ? [] : [safe(`  called by   ${callers.join(' ')}`)]),
  ];
}

function textLines({ file, agrees, line, kernel, model }: TextComparison): string[] {
  if (agrees) return [safe(`${file}: the same, byte for byte`)];
  return [
    safe(`${file}:${line}: differs`),
    safe(`  the kernel  ${kernel === '' ? 'nothing' : kernel}`),
    safe(`  the model   ${model === '' ? 'nothing' : model}`),
  ];
}

function verdict({ agreement, disagreements }: ConformReport, texts: readonly TextComparison[]): string {
  const total = agreement.reduce((sum, kind) => sum + kind.total, 0);
  const different = texts.filter(({ agrees }) => !agrees).length;
  if (disagreements.length + different === 0)
    return `kernel and model agree in all of ${count(total, 'effect')}${texts.length === 0 ? '' : ' and the final text'}`;
  return `kernel and model differ: ${count(disagreements.length, 'disagreement')} among ${count(total, 'effect')}${different === 0 ? '' : `, ${count(different, 'final text')}`}`;
}
