import type { Regression } from '@kwind/checks';
import { safe } from '../terminal.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 cannot hold in any spelling; controls are spelled out by safe(). */
const impossible = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const xml = (text: string): string =>
  safe(text)
    .replace(impossible, '?')
    .replace(/[&<>"]/g, (mark) => entities[mark]!);

const messages: Readonly<Record<Regression['kind'], string>> = {
  new: 'no good boot does this',
  missing: 'every good boot does this',
  count: 'good boots do this more or less often',
  argument: 'good boots agree on another argument',
};

/** A JUnit report: a failed case for each difference, or one that passed. */
export function junitOf(candidate: string, found: readonly Regression[]): string {
  const alarms = found.filter(({ weight }) => weight === 'alarm');
  const cases = found.map(({ weight, kind, category, what, seq }) => {
    if (weight === 'note')
      return `  <testcase classname="kwind.regress.${category}" name="${xml(what)}"><skipped message="a note: ${messages[kind]}"/></testcase>`;
    const text = seq < 0 ? 'not in this boot' : `kwind debug ${candidate} --at ${seq + 1}`;
    const failure = `<failure type="${kind}" message="${messages[kind]}">${xml(text)}</failure>`;
    return `  <testcase classname="kwind.regress.${category}" name="${xml(what)}">${failure}</testcase>`;
  });
  const all = cases.length > 0 ? cases : ['  <testcase classname="kwind.regress" name="as the good boots"/>'];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${xml(candidate)}" tests="${all.length}" failures="${alarms.length}" errors="0" skipped="${found.length - alarms.length}">`,
    ...all,
    '</testsuite>',
    '',
  ].join('\n');
}
