import type { Finding, Rule, Severity } from '@kwind/checks';
import { hex } from '@kwind/x86';
import { safe, type Paint, type Tint } from '../terminal.ts';
import { count } from './table.ts';

const tints: Readonly<Record<Severity, Tint>> = { error: 'red', warning: 'yellow', note: 'cyan' };
const WIDTH = 96;
const INDENT = '    ';

interface Shown {
  readonly trace: string;
  readonly events: number;
  readonly selected: readonly Rule[];
  readonly findings: readonly Finding[];
}

/** Each finding with its span, the call to blame and how to look; then a line that counts them. */
export function renderFindings({ trace, events, selected, findings }: Shown, paint: Paint): string[] {
  const open = findings.filter(({ silenced }) => silenced === undefined);
  const silenced = findings.length - open.length;
  const known = silenced === 0 ? '' : `, ${silenced} silenced`;
  const checked = `${count(events, 'event')}, ${count(selected.length, 'rule')}`;
  if (open.length === 0) return [`${safe(trace)}: nothing found${known} (${checked}).`];
  return [
    ...open.flatMap((finding) => [...renderFinding(finding, paint), '']),
    `${safe(trace)}: ${count(open.length, 'finding')}${known} (${checked}).`,
    `Look at one with: kwind debug ${safe(trace)} --at ${open[0]!.last + 1}`,
  ];
}

function renderFinding(finding: Finding, paint: Paint): string[] {
  const { rule, severity, message, span, lasting, culprit, details } = finding;
  const spanText =
    span.to - span.from === 1 ? `at ${span.from}` : `from ${span.from} to ${lasting ? 'the end' : span.to - 1}`;
  const events =
    finding.first === finding.last
      ? `event #${finding.first + 1}`
      : `events #${finding.first + 1} to #${finding.last + 1}`;
  const width = Math.max(0, ...details.map(({ name }) => name.length));
  return [
    `${paint(tints[severity], severity)}  ${paint('bold', rule)}  ${spanText}`,
    `${INDENT}${safe(message)}`,
    ...details.map(({ name, value }) => `${INDENT}${name.padEnd(width)}  ${safe(value)}`),
    `${INDENT}${events}${culprit ? `, in ${culpritText(culprit)}` : ''}`,
  ];
}

function culpritText({ fn, args, caller, origin, chain }: NonNullable<Finding['culprit']>): string {
  const call = `${safe(fn)}(${args.map((arg) => hex(arg)).join(', ')})`;
  const inner = chain.length > 1 ? ` > ${chain.slice(1).map(safe).join(' > ')}` : '';
  return `${call}${inner}${caller === '' ? '' : `  from ${safe(caller)}`}${origin === '' ? '' : `  ${safe(origin)}`}`;
}

/** The rules, each with its explanation and where it comes from. */
export function renderRules(rules: readonly Rule[], paint: Paint): string[] {
  return rules.flatMap(({ name, severity, title, explanation, source }, i) => [
    ...(i === 0 ? [] : ['']),
    `${paint('bold', name)}  ${paint(tints[severity], severity)}  ${title}`,
    ...wrap(explanation, WIDTH - INDENT.length).map((line) => INDENT + line),
    `${INDENT}${paint('dim', source)}`,
  ]);
}

/** Words on lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
