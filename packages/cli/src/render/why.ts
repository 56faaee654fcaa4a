import type { CallInfo, Cause, WhyAnswer } from '@kwind/debugger';
import { safe } from '../terminal.ts';
import { askedBy, callLine, happeningText, pathText } from './happening.ts';

const relations: Readonly<Record<Cause['relation'], string>> = {
  'made-by': 'made by',
  'called-by': 'called by',
  origin: 'asked for by',
  needs: 'stands on',
  'allocated-by': 'in a table allocated by',
  'based-by': 'in a slot based by',
  'loaded-by': 'under a root loaded by',
};

/** A link and the calls that led to it, which stand behind it in the chain. */
interface CausedBy {
  readonly link: Cause;
  readonly calls: readonly CallInfo[];
  readonly origin: string;
}

function grouped(chain: readonly Cause[]): CausedBy[] {
  const groups: { link: Cause; calls: CallInfo[]; origin: string }[] = [];
  for (const link of chain) {
    const group = groups.at(-1);
    if (link.relation === 'origin' && group) group.origin = link.origin;
    else if (link.relation === 'called-by' && group && link.call !== null) group.calls.push(link.call);
    else groups.push({ link, calls: [], origin: link.origin });
  }
  return groups;
}

export function renderWhy({ target, chain }: WhyAnswer): string[] {
  if (chain.length === 0) return [`nothing in this trace made ${safe(target)} what it is`];
  return grouped(chain).flatMap(causeLines);
}

/** The first link is about the target itself; those further in say what it stands on. */
function causeLines({ link, calls, origin }: CausedBy): string[] {
  const { relation, seq, event, call, about, level } = link;
  const indent = '  '.repeat(level);
  const what =
    event !== null ? `${event.event.type}  ${happeningText(event)}` : call !== null ? callLine(call) : safe(origin);
  const caller = askedBy(calls)?.caller ?? '';
  const path = calls.length === 0 ? safe(origin) : [pathText(calls), safe(caller && `from ${caller}`), safe(origin)];
  const by = [path]
    .flat()
    .filter((text) => text !== '')
    .join('   ');
  return [
    `${indent}${about === '' ? '' : `${safe(about)}: `}${relations[relation]} #${seq + 1}  ${what}`,
    ...(by === '' ? [] : [`${indent}    ${by}`]),
  ];
}
