// The resource calls of a real boot, made once more in the simulator, record by record.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, profile } from '@kwind/x86';
import { toEvent, type BootEvent, type EventOf } from '@kwind/events';
import {
  cutIomemResource,
  insertResource,
  insertResourceConflict,
  insertResourceExpandToFit,
  releaseRegionBelow,
  renameRegion,
  requestRegionBelow,
  requestResource,
  requestResourceConflict,
  reserveRegionWithSplit,
  resource,
} from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { resourceById, resourcesAt, type MachineState } from '@kwind/state';

/** A struct resource as the tracer read it when the call was entered. */
interface Struct {
  readonly p: string;
  readonly start: string;
  readonly end: string;
  readonly name: string | null;
  readonly flags: string;
  readonly root?: 'iomem' | 'ioport';
}

export interface ResourceRecord {
  readonly n: number;
  readonly f: string;
  readonly a?: readonly string[];
  readonly s?: readonly string[];
  readonly res?: readonly Struct[];
  readonly name?: string;
  readonly of?: number;
  readonly r?: string;
}

const folder = new URL('captures/', import.meta.url);

export function readRecords(name: string): readonly ResourceRecord[] {
  const text = gunzipSync(readFileSync(new URL(`resources-${name}.jsonl.gz`, folder))).toString('utf8');
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as ResourceRecord);
}

export const readProc = (name: string, file: 'iomem' | 'ioports'): string => readFileSync(new URL(`resources-${name}.${file}.txt`, folder), 'utf8');

/** What the simulator and the capture say about one thing. */
export interface Difference {
  readonly n: number;
  readonly f: string;
  readonly what: string;
  readonly captured: string;
  readonly modelled: string;
}

/**
 * Something that the kernel did to its resources without a call that the tracer hooks, as far as a later record or the
 * final text shows it. Nothing else may be done by hand.
 */
export interface UnseenAct {
  readonly act: 'rename';
  readonly tree: 'iomem' | 'ioport';
  readonly address: bigint;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface Run {
  readonly state: MachineState;
  readonly facts: readonly BootEvent[];
  /** Calls made, and results compared, by function. */
  readonly calls: ReadonlyMap<string, number>;
  readonly results: ReadonlyMap<string, number>;
  /** Structs read at entry that were compared with the model's. */
  readonly structs: number;
  readonly differences: readonly Difference[];
}

const fromHex = (text: string): bigint => BigInt(`0x${text}`);
const show = (value: bigint | null): string => (value === null ? 'NULL' : `0x${value.toString(16)}`);
const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** A stretch of the boot that the model makes by itself, in place of the records in which the same functions show. */
export interface OwnStretch {
  /** Return addresses of the records that it stands for. */
  readonly callers: RegExp;
  readonly run: (k: LiveMachine) => void;
}

/** A call in words that do not depend on pointers: function, range, name, flags. */
export function callInWords({ f, a, res, name }: ResourceRecord): string {
  const struct = res![1];
  if (struct) return `${f} ${struct.start}-${struct.end} ${struct.name ?? ''} ${struct.flags}`;
  return `${f} ${a!.slice(1, 3).join(' ')} ${name ?? ''}`;
}

const hooked = new Set(['request_resource', 'request_resource_conflict', 'insert_resource', 'insert_resource_conflict', 'insert_resource_expand_to_fit', 'reserve_region_with_split', '__request_region', '__release_region']);

/** Outermost hooked calls while `body` runs, in words, with the second pointer of each that has two. */
function callsMadeBy(k: LiveMachine, body: () => void): { readonly words: string; readonly second: bigint }[] {
  const made: { words: string; second: bigint }[] = [];
  let inside = 0;
  const { emit } = k;
  k.emit = (event) => {
    if (event.type === 'call.entered' && hooked.has(event.fn) && inside++ === 0) made.push({ words: wordsOf(k, event), second: event.args[1] ?? 0n });
    if (event.type === 'call.returned' && hooked.has(event.fn)) inside--;
    return emit.call(k, event);
  };
  body();
  k.emit = emit;
  return made;
}

function wordsOf(k: LiveMachine, { fn, args, text }: EventOf<'call.entered'>): string {
  const node = resourceById(k.view, args[1]!);
  if (node) return `${fn} ${node.start.toString(16)}-${node.end.toString(16)} ${node.name} ${node.flags.toString(16)}`;
  return `${fn} ${args.slice(1, 3).map((arg) => arg.toString(16)).join(' ')} ${/^name="(.*)"$/.exec(text)?.[1] ?? ''}`;
}

class Replay {
  readonly k: LiveMachine;
  readonly facts: BootEvent[] = [];
  /** Real pointers and those of the model. */
  readonly #ids = new Map<string, bigint>();
  readonly #calls = new Map<string, number>();
  readonly #results = new Map<string, number>();
  readonly #differences: Difference[] = [];
  #structs = 0;

  #differs(record: ResourceRecord, what: string, captured: string, modelled: string): void {
    if (captured !== modelled) this.#differences.push({ n: record.n, f: record.f, what, captured, modelled });
  }

  /** The model's resource behind a real pointer; made when it is seen for the first time, or when its memory was used anew. */
  #resourceOf(record: ResourceRecord, { p, start, end, name, flags, root }: Struct): bigint {
    if (root) this.#ids.set(p, root === 'iomem' ? IOMEM_RESOURCE : IOPORT_RESOURCE);
    const known = this.#ids.get(p);
    const node = known === undefined ? undefined : resourceById(this.k.view, known);
    if (node) {
      this.#structs++;
      this.#differs(record, `struct ${p}`, `${start}-${end} ${name ?? ''} ${flags}`, `${node.start.toString(16)}-${node.end.toString(16)} ${node.name} ${node.flags.toString(16)}`);
      return node.id;
    }
    const id = resource(this.k, { start: fromHex(start), end: fromHex(end), name: name ?? '', flags: fromHex(flags) });
    this.#ids.set(p, id);
    return id;
  }

  constructor() {
    this.k = new LiveMachine(profile('linux-6.1'), (batch) => this.facts.push(...[...batch].map(toEvent)));
  }

  /** Make the call. Returns what the kernel returns; undefined for a void function. */
  #call(record: ResourceRecord): bigint | null | undefined {
    const { k } = this;
    const args = record.a!.map(fromHex);
    const [first, second] = record.res!.map((struct) => this.#resourceOf(record, struct));
    switch (record.f) {
      case 'request_resource':
        return requestResource(k, first!, second!);
      case 'request_resource_conflict':
        return requestResourceConflict(k, first!, second!);
      case 'insert_resource':
        return insertResource(k, first!, second!);
      case 'insert_resource_conflict':
        return insertResourceConflict(k, first!, second!);
      case 'insert_resource_expand_to_fit':
        return void insertResourceExpandToFit(k, first!, second!);
      case 'reserve_region_with_split':
        return void reserveRegionWithSplit(k, first!, args[1]!, args[2]!, record.name!);
      case '__request_region':
        return requestRegionBelow(k, first!, args[1]!, args[2]!, record.name!, BigInt.asUintN(32, args[4]!));
      case '__release_region':
        return void releaseRegionBelow(k, first!, args[1]!, args[2]!);
      default:
        throw new Error(`no road for ${record.f}`);
    }
  }

  #compareResult(record: ResourceRecord, result: bigint | null, back: ResourceRecord): void {
    add(this.#results, record.f);
    const captured = fromHex(back.r!);
    if (record.f === '__request_region') {
      this.#differs(record, 'result', captured === 0n ? 'NULL' : 'a region', result === null ? 'NULL' : 'a region');
      // A region's memory may have been another resource's before.
      if (result !== null) this.#ids.set(back.r!, result);
    } else if (record.f.endsWith('_conflict')) {
      this.#differs(record, 'result', captured === 0n ? 'NULL' : show(this.#ids.get(back.r!) ?? captured), show(result));
    } else {
      // An int: the upper half of the register means nothing.
      this.#differs(record, 'result', show(BigInt.asUintN(32, captured)), show(BigInt.asUintN(32, result!)));
    }
  }

  /** Let the model run a stretch, and compare the calls that it makes with the records it stands for. */
  #runOwn(stretch: OwnStretch, records: readonly ResourceRecord[]): void {
    const made = callsMadeBy(this.k, () => stretch.run(this.k));
    for (const [i, record] of records.entries()) {
      add(this.#calls, record.f);
      this.#differs(record, 'call', callInWords(record), made[i]?.words ?? 'none');
      const struct = record.res![1];
      if (struct && made[i]) this.#ids.set(struct.p, made[i].second);
    }
    for (const { words } of made.slice(records.length)) this.#differs(records.at(-1)!, 'call', 'none', words);
  }

  run(records: readonly ResourceRecord[], unseen: readonly UnseenAct[], own: readonly OwnStretch[]): Run {
    // setup_arch() did this before the first record: they show the root already cut.
    cutIomemResource(this.k);
    const backs = new Map(records.filter((record) => record.of !== undefined).map((record) => [record.of!, record]));
    const entries = records.filter((record) => record.of === undefined);
    const stretchOf = (record: ResourceRecord): OwnStretch | undefined => own.find(({ callers }) => callers.test(record.s![0]!));
    const done = new Set<OwnStretch>();
    for (const record of entries) {
      const stretch = stretchOf(record);
      if (stretch && !done.has(stretch)) this.#runOwn(stretch, entries.filter((one) => stretchOf(one) === stretch));
      if (stretch) {
        done.add(stretch);
        continue;
      }
      add(this.#calls, record.f);
      const result = this.#call(record);
      const back = backs.get(record.n);
      if (back && result !== undefined) this.#compareResult(record, result, back);
      else this.#differs(record, 'return', back ? 'returns' : 'void', result === undefined ? 'void' : 'returns');
    }
    for (const { tree, address, from, to } of unseen) {
      const node = resourcesAt(this.k.view, tree, address).at(-1);
      if (node?.name !== from) throw new Error(`no ${from} at ${show(address)} to rename`);
      renameRegion(this.k, node.id, to);
    }
    this.k.flush();
    return { state: this.k.snapshot(), facts: this.facts, calls: this.#calls, results: this.#results, structs: this.#structs, differences: this.#differences };
  }
}

/** Make every call of a capture, compare what comes back, and do at the end what the capture could not show. */
export const replay = (records: readonly ResourceRecord[], unseen: readonly UnseenAct[] = [], own: readonly OwnStretch[] = []): Run => new Replay().run(records, unseen, own);
