import { IORESOURCE } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import { resource, type KernelContext } from '@kwind/kernel';
import { resourceList, type MachineView } from '@kwind/state';

type MakeResource = (k: KernelContext, name: string, start: bigint, end: bigint, flags?: bigint) => bigint;

const maker =
  (usual: bigint): MakeResource =>
  (k, name, start, end, flags = usual) =>
    resource(k, { name, start, end, flags });

/** A struct resource of I/O ports, linked nowhere; its pointer. */
export const port = maker(IORESOURCE.IO);
/** A struct resource of memory, linked nowhere; its pointer. */
export const memory = maker(IORESOURCE.MEM);

/** A tree as `0070-0077 rtc`, indented, a line a resource. */
export const listed = (view: MachineView, tree: 'iomem' | 'ioport'): string[] =>
  resourceList(view, tree).map(
    ({ start, end, name, depth }) => `${'  '.repeat(depth)}${start.toString(16)}-${end.toString(16)} ${name}`,
  );

interface Facts {
  readonly facts: readonly BootEvent[];
}

/** What the kernel printed, as `WARNING text`. */
export const messages = ({ facts }: Facts): string[] =>
  facts.flatMap((fact) => (fact.type === 'message.printed' ? [`${fact.level} ${fact.text}`] : []));

/** Refused or resolved claims, as `rtc against serial: overlaps, refused`. */
export const conflicts = ({ facts }: Facts): string[] =>
  facts.flatMap((fact) =>
    fact.type === 'resource.conflicted'
      ? [`${fact.name} against ${fact.otherName}: ${fact.reason}, ${fact.outcome}`]
      : [],
  );
