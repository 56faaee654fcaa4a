import type { Agreement, Disagreement, LogRun } from '@kwind/recorder';
import { safe } from '../terminal.ts';

const SHOWN = 20;
const words: Readonly<Record<string, string>> = {
  __early_ioremap: 'maps',
  early_iounmap: 'unmaps',
  check_early_ioremap_leak: 'leak checks',
};

/** `48/48 maps and 48/48 unmaps agree`. */
export function agreementText(agreement: readonly Agreement[]): string {
  if (agreement.length === 0) return 'the log claims nothing that the model could check';
  const parts = agreement.map(({ fn, agreed, total }) => `${agreed}/${total} ${words[fn] ?? `calls of ${safe(fn)}()`}`);
  const last = parts.pop()!;
  return `${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`} agree`;
}

const whats: Readonly<Record<Disagreement['what'], string>> = {
  slot: 'slot',
  vaddr: 'address',
  offset: 'offset in the page',
  slotVirt: 'start of the slot',
  pages: 'number of pages',
  line: 'message',
  result: 'result',
};

/** Where both print the whole line, that says all; the single values of the same call would repeat it. */
function worthSaying(all: readonly Disagreement[]): readonly Disagreement[] {
  const whole = new Set(all.filter(({ what }) => what === 'line').map(({ origin }) => origin));
  return all.filter(({ what, origin }) => what === 'line' || !whole.has(origin));
}

function disagreementLines({ origin, fn, what, said, modelled }: Disagreement): string[] {
  const about = what === 'line' ? '' : ` of ${fn}(), ${whats[what]}`;
  return [
    safe(`${origin}: log and model disagree${about}`),
    safe(`  the log says    ${said === '' ? 'nothing' : said}`),
    safe(`  the model says  ${modelled === '' ? 'nothing' : modelled}`),
  ];
}

export function renderAgreement(run: LogRun, shown = SHOWN): string[] {
  const disagreements = worthSaying(run.disagreements);
  const hidden = Math.max(0, disagreements.length - shown);
  return [
    ...disagreements.slice(0, disagreements.length - hidden).flatMap(disagreementLines),
    ...(hidden === 0 ? [] : [`(${hidden} more disagreements, --all shows them)`]),
    agreementText(run.agreement),
  ];
}

export function summariseAgreement({ agreement, disagreements }: LogRun): {
  agree: boolean;
  agreement: LogRun['agreement'];
  disagreements: LogRun['disagreements'];
} {
  return { agree: disagreements.length === 0, agreement, disagreements };
}
