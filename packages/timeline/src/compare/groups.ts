import type { Difference, DiffItem } from './types.ts';

/** Differences that a person would tell in one breath. */
export interface DifferenceGroup {
  readonly lead: Difference;
  /** All of them in order, the lead first. */
  readonly all: readonly Difference[];
}

const NUMBER = /0x[0-9a-f]+|(?<=\[)\d+(?=\])/g;
const NAME = /(?:^| )name=([^=]*?)(?= \w+=|$)/;

/** What a difference is about: a resource by its name; else the call or event with its numbers left out. */
function subjectOf(item: DiffItem): string {
  const name = item.type.startsWith('resource.') ? NAME.exec(item.text)?.[1] : undefined;
  return name ?? `${item.type} ${item.text.replace(NUMBER, 'N')}`;
}

function keyOf({ what, a, b, fields }: Difference): string {
  const item = (a ?? b)!;
  const isNamed = item.type.startsWith('resource.') && fields.length > 0;
  const changes = isNamed ? fields.map((field) => [field.name, field.a, field.b].join(' ')) : [];
  return [what, subjectOf(item), ...changes].join('\n');
}

/** Put together what says the same of the same thing, or of things that differ in their numbers alone. */
export function groupsOf(differences: readonly Difference[]): DifferenceGroup[] {
  const groups = new Map<string, Difference[]>();
  for (const one of differences) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((all) => ({ lead: all[0]!, all }));
}
