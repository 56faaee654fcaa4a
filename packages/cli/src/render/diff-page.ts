import type { Difference, DiffItem } from '@kwind/timeline';
import { hex } from '@kwind/x86';
import type { DiffReport } from '../comparing/diff.ts';
import { count } from './table.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (raw: string): string => raw.replace(/[&<>"]/g, (mark) => entities[mark]!);

const style = `
:root { color-scheme: light dark; --a: #b3261e; --b: #1a7f37; --soft: color-mix(in srgb, currentColor 60%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
code, pre, td { font: 13px/1.5 ui-monospace, monospace; } pre { overflow-x: auto; }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .6rem 0; }
.path, .place { color: var(--soft); } .a { color: var(--a); } .b { color: var(--b); } h2 { font-size: 1rem; margin: 0; }
td { padding: 0 1rem 0 0; vertical-align: top; overflow-wrap: anywhere; }`;

const titles = { 'only-a': 'Only in A', 'only-b': 'Only in B', moved: 'Moved', changed: 'Changed' } as const;

const itemHtml = (side: 'a' | 'b', item: DiffItem): string =>
  `<div class="${side}"><span class="place">${side.toUpperCase()} #${item.seq + 1}</span> <code>${text(item.text)}</code></div>`;

function articleOf({ kind, what, a, b, path, fields, rejoin }: Difference): string {
  const rows = fields.map(
    (field) =>
      `<tr><td>${text(field.name)}</td><td class="a">${text(field.a)}</td><td class="b">${text(field.b)}</td></tr>`,
  );
  return [
    `<article><h2>${titles[kind]}: ${what}</h2>`,
    ...(a ? [itemHtml('a', a)] : []),
    ...(b ? [itemHtml('b', b)] : []),
    ...(rows.length > 0 ? [`<table>${rows.join('')}</table>`] : []),
    ...(path.length > 0 ? [`<div class="path">in <code>${text(path.join(' > '))}</code></div>`] : []),
    ...(rejoin
      ? [`<div class="path">the same again from #${rejoin.a + 1} of A and #${rejoin.b + 1} of B on</div>`]
      : []),
    '</article>',
  ].join('\n');
}

/** The report as one page that needs nothing else. */
export function diffPage({ a, b, diff, states }: DiffReport): string {
  const slides = diff.slides.map(
    (slide) =>
      `<p class="path">${text(slide.what)}: ${hex(slide.a)} in A, ${hex(slide.b)} in B; taken out of the comparison.</p>`,
  );
  const lines = states.map(({ side, text: line }) =>
    side === 'both' ? ` ${text(line)}` : `<span class="${side}">${side === 'a' ? '-' : '+'}${text(line)}</span>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(a)} and ${text(b)}</title><style>${style}</style></head><body>
<h1>${diff.same ? 'The same' : count(diff.differences.length, 'difference')}</h1>
<p><span class="a">A ${text(a)}</span>, ${count(diff.events.a, 'event')}<br><span class="b">B ${text(b)}</span>, ${count(diff.events.b, 'event')}</p>
${slides.join('\n')}
${diff.differences.map(articleOf).join('\n')}
${states.length === 0 ? '' : `<article><h2>The machines at the end</h2><pre>${lines.join('\n')}</pre></article>`}
</body></html>
`;
}
