import {
  describeFlags,
  hex,
  isLeaf,
  isPresent,
  levels,
  coverageOf,
  entryPhys,
  vaddr,
  walkLevels,
  type Level,
} from '@kwind/x86';
import { resourceList, rootOf, slots, walk, type MachineState } from '@kwind/state';
import type { History } from './history.ts';
import type { Row } from './tables.ts';
import { addressOf, positionOf, wide } from './values.ts';

/** A table that depends on a position or an address: `mappings_at(640)`. */
export interface HistoryFunction {
  readonly name: string;
  readonly doc: string;
  readonly parameters: readonly string[];
  readonly columns: readonly string[];
  readonly addresses: readonly string[];
  rows(history: History, argument: unknown): Iterable<Row>;
}

/** Every page that the tables map, by rising address. */
function* mappings(state: MachineState): Generator<Row> {
  const nrLevels = state.profile.levels;
  const order = walkLevels(nrLevels);
  yield* below(Number(rootOf(state) >> 12n), 0, 0n);

  function* below(table: number, depth: number, base: bigint): Generator<Row> {
    const level: Level = order[depth] ?? levels[0];
    for (let index = 0; index < 512; index++) {
      const entry = state.pages.entry(table, index);
      if (!isPresent(entry)) continue;
      const address = base + BigInt(index) * coverageOf(level, nrLevels);
      if (!isLeaf(level, entry)) {
        if (depth + 1 < order.length) yield* below(Number(entryPhys(level, entry) >> 12n), depth + 1, address);
        continue;
      }
      const page = vaddr(BigInt.asIntN(nrLevels === 5 ? 57 : 48, address));
      yield {
        vaddr: wide(page),
        phys: wide(entryPhys(level, entry)),
        size: Number(coverageOf(level, nrLevels)),
        level,
        flags: describeFlags(level, entry),
        entry: wide(entry),
      };
    }
  }
}

const stateAt = (history: History, argument: unknown, name: string): MachineState =>
  history.timeline.stateAt(positionOf(argument, history.length, `${name}()`));

export const historyFunctions: readonly HistoryFunction[] = [
  {
    name: 'mappings_at',
    doc: 'every page that is mapped at a position',
    parameters: ['pos'],
    columns: ['vaddr', 'phys', 'size', 'level', 'flags', 'entry'],
    addresses: ['vaddr', 'phys', 'entry'],
    rows: (history, pos) => mappings(stateAt(history, pos, 'mappings_at')),
  },
  {
    name: 'pte_history',
    doc: 'every store to an entry that translates an address at some time',
    parameters: ['address'],
    columns: ['seq', 'level', 'table_addr', 'idx', 'before', 'after', 'call'],
    addresses: ['table_addr', 'before', 'after'],
    *rows(history, address) {
      for (const event of history.storesFor(addressOf(address, 'pte_history()'))) {
        if (!('table' in event && 'index' in event)) continue;
        const { seq, type, table, index, before, after, cause } = event;
        yield {
          seq,
          level: type.slice(0, 3),
          table_addr: wide(BigInt(table) << 12n),
          idx: index,
          before: wide(before),
          after: wide(after),
          call: cause < 0 ? null : cause,
        };
      }
    },
  },
  {
    name: 'resources_at',
    doc: 'both resource trees at a position',
    parameters: ['pos'],
    columns: ['tree', 'depth', 'start', 'end', 'name', 'flags', 'busy'],
    addresses: ['start', 'end'],
    *rows(history, pos) {
      const state = stateAt(history, pos, 'resources_at');
      for (const tree of ['iomem', 'ioport'] as const) {
        for (const node of resourceList(state, tree)) {
          yield {
            tree,
            depth: node.depth,
            start: wide(node.start),
            end: wide(node.end),
            name: node.name === '' ? null : node.name,
            flags: hex(node.flags),
            busy: node.busy ? 1 : 0,
          };
        }
      }
    },
  },
  {
    name: 'slots_at',
    doc: 'the early_ioremap slots at a position',
    parameters: ['pos'],
    columns: ['slot', 'in_use', 'virt', 'prev_map', 'prev_size', 'phys', 'pages', 'claimed'],
    addresses: ['virt', 'prev_map', 'prev_size', 'phys'],
    *rows(history, pos) {
      for (const one of slots(stateAt(history, pos, 'slots_at'))) {
        yield {
          slot: one.slot,
          in_use: one.inUse ? 1 : 0,
          virt: wide(one.virt),
          prev_map: one.inUse ? wide(one.prevMap) : null,
          prev_size: wide(one.prevSize),
          phys: one.inUse ? wide(one.phys) : null,
          pages: one.pages,
          claimed: one.inUse ? one.claimedBy : null,
        };
      }
    },
  },
];

/** `translate(vaddr, pos)`: the physical address, or NULL where nothing is mapped. */
export function translate(history: History, address: unknown, position: unknown): string | null {
  if (address === null || position === null) return null;
  const state = history.timeline.stateAt(positionOf(position, history.length, 'translate()'));
  const found = walk(state, vaddr(addressOf(address, 'translate()')));
  return found.kind === 'mapped' ? wide(found.phys) : null;
}
