import { hex, ToolError, type ResourceTreeName } from '@kwind/x86';
import { catalog } from '@kwind/events';
import { resourceList, type MachineView } from '@kwind/state';
import type { Predicate } from '@kwind/timeline';
import type { HeldResource } from '../answers.ts';
import { sameValue, type Target } from './target.ts';

/** Events that link, move, cut or rename resources; one that is only created, or refused, is in no tree. */
const outside = ['resource.created', 'resource.freed', 'resource.conflicted', 'resource.waiting', 'resource.woken'];
const codes = catalog
  .filter((spec) => spec.type.startsWith('resource.') && !outside.includes(spec.type))
  .map((spec) => spec.code);

/** First and last byte (or port), both inclusive as the kernel counts them. */
interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * `fee00000-fee00fff`, `0x70-0x77`, `0x70`: numbers are hex with or without `0x`, as /proc prints them.
 * @throws ToolError address/invalid
 */
function parseSpan(text: string): Span {
  const match = /^(?:0x)?([0-9a-f]{1,16})(?:\s*(?:-|\.\.)\s*(?:0x)?([0-9a-f]{1,16}))?$/i.exec(text.trim());
  if (!match)
    throw new ToolError(
      'address/invalid',
      `"${text}" is no range of resources.`,
      'Write it as /proc does: fee00000-fee00fff.',
    );
  const start = BigInt(`0x${match[1]}`);
  const end = match[2] === undefined ? start : BigInt(`0x${match[2]}`);
  if (end < start)
    throw new ToolError(
      'address/invalid',
      `the range "${text}" ends before it starts.`,
      `Turn it round: ${hex(end)}-${hex(start)}.`,
    );
  return { start, end };
}

/** Resources that overlap a span, a parent before its children. */
function heldIn(view: MachineView, tree: ResourceTreeName, span: Span): readonly HeldResource[] {
  return resourceList(view, tree)
    .filter((node) => node.start <= span.end && span.start <= node.end)
    .map(({ name, start, end, busy, depth }) => ({ name, start, end, busy, depth }));
}

/** What is claimed of a range of memory or of ports. @throws ToolError address/invalid */
export function resourceTarget(tree: ResourceTreeName, text: string): Target {
  const span = parseSpan(text);
  const valueAt = (view: MachineView) => ({ kind: 'resources', resources: heldIn(view, tree, span) }) as const;
  const changes: Predicate = {
    sources: [{ codes }],
    test: ({ before, after }) => !sameValue(valueAt(before), valueAt(after)),
  };
  return {
    title: span.start === span.end ? `${tree} ${hex(span.start)}` : `${tree} ${hex(span.start)}-${hex(span.end)}`,
    follows: false,
    changes: () => changes,
    value: (_timeline, { state }) => valueAt(state),
  };
}
