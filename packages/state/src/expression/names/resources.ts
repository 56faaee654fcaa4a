import { IORESOURCE, type ResourceTreeName } from '@kwind/x86';
import type { MachineView } from '../../machine.ts';
import type { ResourceNode } from '../../resources.ts';
import {
  e820At,
  e820Table,
  resourceById,
  resourceList,
  resourcesAt,
  treeOf,
  type E820View,
} from '../../selectors/index.ts';
import type { Declaration } from '../scope.ts';
import {
  addressType,
  booleanType,
  defineRecord,
  field,
  listOf,
  listValue,
  numberType,
  stringType,
  wordsType,
  type Value,
} from '../values.ts';

interface Subject extends Pick<ResourceNode, 'id' | 'start' | 'end' | 'name' | 'flags' | 'parent'> {
  readonly children: readonly unknown[];
  readonly view: MachineView;
}

const resourceType = defineRecord<Subject>('resource', {
  id: field(addressType, 'Its pointer, as functions return and take it.', ({ id }) => id),
  start: field(addressType, 'First byte or port.', ({ start }) => start),
  end: field(addressType, 'Last byte or port, inclusive.', ({ end }) => end),
  size: field(addressType, 'Number of bytes or ports.', ({ start, end }) => BigInt.asUintN(64, end - start + 1n)),
  name: field(stringType, 'Its name, or "" for NULL.', ({ name }) => name),
  flags: field(addressType, 'IORESOURCE_* bits.', ({ flags }) => flags),
  busy: field(booleanType, 'Whether IORESOURCE_BUSY is set.', ({ flags }) => (flags & IORESOURCE.BUSY) !== 0n),
  parent: field(addressType, 'Pointer of its parent, 0 when it is linked nowhere.', ({ parent }) => parent),
  children: field(numberType, 'Number of resources right below it.', ({ children }) => BigInt(children.length)),
  tree: field(
    wordsType(['iomem', 'ioport']),
    'iomem or ioport; no value when no tree lists it.',
    ({ id, view }) => treeOf(view, id) ?? null,
  ),
});
const resourcesType = listOf(resourceType);

const e820Type = defineRecord<E820View>('e820 entry', {
  start: field(addressType, 'First byte.', ({ start }) => start),
  end: field(addressType, 'Last byte, inclusive.', ({ end }) => end),
  size: field(addressType, 'Bytes.', ({ size }) => size),
  type: field(numberType, 'Its type: E820_TYPE_RAM (up to 4.11 E820_RAM) and the like.', ({ type }) => BigInt(type)),
  text: field(stringType, "Its type in the words of the kernel's log.", ({ text }) => text),
});
const e820sType = listOf(e820Type);

const treeNames = (list: string, at: string, unit: string, tree: ResourceTreeName): readonly Declaration[] => [
  {
    name: list,
    doc: `The resources of /proc/${list}, in its order.`,
    group: 'resources',
    type: resourcesType,
    get: ({ view }) =>
      listValue(
        resourcesType,
        resourceList(view, tree).map((node) => resourceType.of({ ...node, view })),
      ),
  },
  {
    name: at,
    doc: `The innermost resource that holds ${unit}; no value where nobody claimed it.`,
    group: 'resources',
    type: resourceType,
    params: [{ name: unit.split(' ').at(-1)!, type: addressType }],
    get: ({ view }, [address]) => resourceValue(view, resourcesAt(view, tree, address as bigint).at(-1)),
  },
];

const resourceValue = (view: MachineView, node: Omit<Subject, 'view'> | undefined): Value =>
  node ? resourceType.of({ ...node, view }) : null;

/** The resource trees and the memory map. */
export const resourceNames: readonly Declaration[] = [
  ...treeNames('iomem', 'iomem_at', 'a physical address', 'iomem'),
  ...treeNames('ioports', 'ioport_at', 'an I/O port', 'ioport'),
  {
    name: 'resource_of',
    doc: 'The resource behind a pointer, linked or not; no value when there is none.',
    group: 'resources',
    type: resourceType,
    params: [{ name: 'pointer', type: addressType }],
    get: ({ view }, [id]) => resourceValue(view, resourceById(view, id as bigint)),
  },
  {
    name: 'sleeping_requests',
    doc: 'Number of requests that sleep until a muxed region is released.',
    group: 'resources',
    type: numberType,
    get: ({ view }) => BigInt(view.control.resources.waiters.length),
  },
  {
    name: 'e820',
    doc: 'The memory map, entry by entry.',
    group: 'memory map',
    type: e820sType,
    get: ({ view }) =>
      listValue(
        e820sType,
        e820Table(view).map((entry) => e820Type.of(entry)),
      ),
  },
  {
    name: 'e820_at',
    doc: 'The entry of the memory map that holds an address; no value in a gap.',
    group: 'memory map',
    type: e820Type,
    params: [{ name: 'address', type: addressType }],
    get: ({ view }, [address]) => {
      const entry = e820At(view, address as bigint);
      return entry ? e820Type.of(entry) : null;
    },
  },
];
