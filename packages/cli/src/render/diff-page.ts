import type { Difference, DifferenceGroup, DiffItem, StateDiff } from '@kwind/timeline';
import type { DiffReport } from '../comparing/diff.ts';
import { noteLines, stateTitles, tally } from './diff.ts';
import { count } from './table.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// A control character or a lone surrogate would make the page no text.
const text = (raw: string): string =>
  raw
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd') // oxlint-disable-line no-control-regex
    .replace(/[&<>"']/g, (mark) => entities[mark]!);

const style = `
:root { color-scheme: light dark; --a: #b3261e; --b: #1a7f37; --line: color-mix(in srgb, currentColor 18%, transparent);
  --soft: color-mix(in srgb, currentColor 62%, transparent); --tint: color-mix(in srgb, currentColor 5%, transparent); }
@media (prefers-color-scheme: dark) { :root { --a: #ff8a80; --b: #7ee787; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; } h3 { font-size: 1rem; margin: 0; }
code, pre, td { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; background: var(--tint); padding: .6rem .8rem; margin: .4rem 0 1rem; }
article { border-top: 1px solid var(--line); padding: .7rem 0; } .inside { border-left: 3px solid var(--line); padding: .2rem 0 .2rem .8rem; margin: .4rem 0; }
.note, .place, summary { color: var(--soft); } .a { color: var(--a); } .b { color: var(--b); }
table { border-collapse: collapse; margin: .3rem 0; } td { padding: .1rem 1.2rem .1rem 0; vertical-align: top; }
details { margin: .3rem 0; } summary { cursor: pointer; }`;

const titles = { 'only-a': 'Only in A', 'only-b': 'Only in B', moved: 'Moved', changed: 'Changed' } as const;
const LISTED = 500;

const itemHtml = (side: 'a' | 'b', item: DiffItem): string =>
  `<div class="${side}"><span class="place">${side.toUpperCase()} #${item.seq + 1}</span> <code>${text(item.text)}</code></div>`;

function bodyOf({ a, b, fields, inside, rejoin, path }: Difference): string {
  const rows = fields.map(
    (field) =>
      `<tr><td>${text(field.name)}</td><td class="a">${text(field.a)}</td><td class="b">${text(field.b)}</td></tr>`,
  );
  return [
    ...(a ? [itemHtml('a', a)] : []),
    ...(b ? [itemHtml('b', b)] : []),
    ...(rows.length > 0 ? [`<table>${rows.join('')}</table>`] : []),
    ...inside.map((one) => `<div class="inside">${titles[one.kind]}: ${one.what}${bodyOf(one)}</div>`),
    ...(path.length > 0 ? [`<div class="note">in <code>${text(path.join(' > '))}</code></div>`] : []),
    ...(rejoin
      ? [`<div class="note">the same again from #${rejoin.a + 1} of A and #${rejoin.b + 1} of B on</div>`]
      : []),
  ].join('\n');
}

function articleOf({ lead, all }: DifferenceGroup): string {
  const rest = all.slice(1);
  const others = rest.slice(0, LISTED).map((one) => `<div class="inside">${titles[one.kind]}${bodyOf(one)}</div>`);
  const left =
    rest.length > LISTED
      ? `<p class="note">${count(rest.length - LISTED, 'more')}: kwind diff --json has them.</p>`
      : '';
  return [
    `<article><h3>${titles[lead.kind]}: ${lead.what}</h3>`,
    bodyOf(lead),
    ...(rest.length > 0
      ? [
          `<details><summary>and ${rest.length.toLocaleString('en-US')} more like it: ${tally(rest)}</summary>${others.join('\n')}${left}</details>`,
        ]
      : []),
    '</article>',
  ].join('\n');
}

function statesHtml(title: string, states: StateDiff | undefined): string {
  if (!states) return '';
  const head = `<h2>${title} <span class="note">#${states.at.a} of A, #${states.at.b} of B</span></h2>`;
  if (states.sections.length === 0) return `${head}<p class="note">The same in what they map and hold.</p>`;
  const sections = states.sections.map(({ what, lines }) => {
    const html = lines.map(({ side, text: line }) =>
      side === 'both' ? `  ${text(line)}` : `<span class="${side}">${side === 'a' ? '-' : '+'} ${text(line)}</span>`,
    );
    return `<h3>${stateTitles[what]}</h3><pre>${html.join('\n')}</pre>`;
  });
  return `${head}${sections.join('\n')}`;
}

/** The report as one page that needs nothing else. */
export function diffPage(report: DiffReport): string {
  const { a, b, diff, groups } = report;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(a)} and ${text(b)}</title><style>${style}</style></head><body>
<h1>${diff.same ? 'The same' : count(diff.differences.length, 'difference')}</h1>
<p><span class="a">A ${text(a)}</span>, ${count(diff.events.a, 'event')}<br><span class="b">B ${text(b)}</span>, ${count(diff.events.b, 'event')}</p>
${noteLines(report)
  .map((line) => `<p class="note">${text(line)}</p>`)
  .join('\n')}
${groups.map(articleOf).join('\n')}
${statesHtml('The machines after the first difference', report.first)}
${statesHtml('The machines at the end', report.end)}
</body></html>
`;
}
