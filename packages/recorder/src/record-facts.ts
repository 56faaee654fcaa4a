import { assertNever, vaddr } from '@kwind/x86';
import type { CaptureCall, CaptureFact } from '@kwind/events';
import {
  earlyIoremapSetup,
  flushGlobal,
  flushLocal,
  flushTlbKernelRange,
  loadCr3,
  renameRegion,
  startup64,
  x86StartKernel,
} from '@kwind/kernel';
import { recordArea, recordPurge } from './capture/areas.ts';
import { entryAt, storeSeen } from './capture/entries.ts';
import { recordWhatFollows } from './capture/follow.ts';
import { partOf } from './capture/part.ts';
import { knownRename } from './capture/renames.ts';
import { readResource, ResourcePointers, runResourceCall } from './capture/resources.ts';
import { recordSlot } from './capture/slots.ts';
import { resourceById } from '@kwind/state';
import type { LiveMachine } from './live-machine.ts';

/** What came of recording a capture's facts. */
export interface FactRun {
  readonly facts: number;
  /** Stores to places that could not be found: nothing was mapped at the pointer. */
  readonly unplaced: number;
  /** Calls whose stores were not seen and were recorded as they follow from the call. */
  readonly followed: number;
  /** Changes that no record shows and that the driver is known to make; each names its record. */
  readonly assumed: readonly string[];
  /** What the facts, taken together, do not allow; each names its record. */
  readonly contradictions: readonly string[];
}

/**
 * The tables that the kernel was linked with. A capture begins at start_kernel, when they stand; they are built here as the
 * profile has them, so that walks reach what the capture shows.
 */
export function recordStaticTables(machine: LiveMachine): void {
  if (!machine.profile.mmu) return;
  startup64(machine);
  x86StartKernel(machine);
}

/** Turns facts of a capture into events on a machine, one at a time and in order. */
export class FactRecorder {
  readonly #machine: LiveMachine;
  readonly #pointers = new ResourcePointers();
  readonly #contradictions: string[] = [];
  readonly #assumed: string[] = [];
  #facts = 0;
  #unplaced = 0;
  #followed = 0;

  constructor(machine: LiveMachine) {
    this.#machine = machine;
  }

  get result(): FactRun {
    return {
      facts: this.#facts,
      unplaced: this.#unplaced,
      followed: this.#followed,
      assumed: this.#assumed,
      contradictions: this.#contradictions,
    };
  }

  record(fact: CaptureFact): void {
    this.#facts++;
    const problem = this.#apply(fact);
    if (problem !== undefined) this.#contradictions.push(problem);
  }

  #apply(fact: CaptureFact): string | undefined {
    const machine = this.#machine;
    switch (fact.kind) {
      case 'call-entered':
        return this.#enter(fact.call);
      case 'call-left':
        machine.emit({ type: 'call.returned', fn: fact.call.fn, result: fact.call.result ?? 0n });
        return this.#renamed(fact.call);
      case 'phase-entered':
        machine.emit({ type: 'phase.entered', name: fact.name });
        return undefined;
      case 'slot-asked':
      case 'slot-mapped':
      case 'slot-unmapped':
        return recordSlot(machine, fact);
      case 'area-mapped':
      case 'area-unmapped':
        return recordArea(machine, fact);
      case 'resource-call':
        return this.#resource(fact.call);
      case 'effects-follow':
        if (recordWhatFollows(machine, fact.call)) this.#followed++;
        return undefined;
      default:
        return this.#memory(fact);
    }
  }

  #enter({ fn, args, name, stack, origin, end }: CaptureCall): undefined {
    const text = [
      ...(name === undefined ? [] : [`name="${name}"`]),
      ...(end === 'skipped' ? ['skipped by the tracer'] : []),
    ].join(' ');
    const [caller = '', ...outer] = stack;
    this.#machine.emit({ type: 'call.entered', fn, args, text, caller, stack: outer.join(' '), origin });
  }

  /** Page tables and TLB. */
  #memory(
    fact: Exclude<
      CaptureFact,
      {
        kind:
          | `call-${string}`
          | `phase-${string}`
          | `slot-${string}`
          | `area-${string}`
          | 'resource-call'
          | 'effects-follow';
      }
    >,
  ): string | undefined {
    const machine = this.#machine;
    switch (fact.kind) {
      case 'entry-stored':
        return this.#store(fact);
      case 'page-flushed':
        machine.emit({ type: 'tlb.page-flushed', vaddr: vaddr(fact.vaddr), how: 'invlpg' });
        return undefined;
      case 'flushed':
        (fact.scope === 'all' ? flushGlobal : flushLocal)(partOf(machine));
        return undefined;
      case 'range-flushed':
        if (fact.call.inner.length === 0)
          flushTlbKernelRange(
            partOf(machine, (event) => event.type !== 'call.entered' && event.type !== 'call.returned'),
            vaddr(fact.start),
            vaddr(fact.end),
          );
        recordPurge(machine, fact.call, fact.start, fact.end);
        return undefined;
      case 'root-loaded':
        loadCr3(machine, fact.value);
        return undefined;
      case 'slots-based':
        earlyIoremapSetup(partOf(machine));
        return undefined;
      default:
        return assertNever(fact, 'fact of a capture');
    }
  }

  #store({ call, level, pointer, value }: Extract<CaptureFact, { kind: 'entry-stored' }>): string | undefined {
    const place = entryAt(this.#machine.view, pointer);
    if (place) return void storeSeen(this.#machine, place, level, value);
    this.#unplaced++;
    return `record ${call.n}: ${call.fn}(0x${pointer.toString(16)}) stores where nothing is mapped, by what is known.`;
  }

  #renamed(call: CaptureCall): undefined {
    const rename = knownRename(call);
    if (!rename || call.result === undefined || !resourceById(this.#machine.view, call.result)) return;
    renameRegion(this.#machine, call.result, rename.name);
    this.#assumed.push(
      `record ${call.n}: ${rename.by} renames its region from ${call.name ?? '(null)'} to ${rename.name}.`,
    );
  }

  #resource(call: CaptureCall): string | undefined {
    const machine = this.#machine;
    this.#pointers.learn(call.resources);
    for (const seen of call.resources) readResource(machine, this.#pointers, seen);
    machine.given = {
      resource: () => (call.fn === '__request_region' && call.result !== 0n ? call.result : undefined),
    };
    const result = runResourceCall(partOf(machine), this.#pointers, call);
    machine.given = undefined;
    if (result === undefined || call.result === undefined) return undefined;
    const seen = this.#pointers.of(seenResult(call));
    return (result ?? 0n) === seen
      ? undefined
      : `record ${call.n}: ${call.fn}() returned 0x${seen.toString(16)}; the tree as it is known gives 0x${(result ?? 0n).toString(16)}.`;
  }
}

const returnsPointer = new Set(['__request_region', 'request_resource_conflict', 'insert_resource_conflict']);

/** An int stands in the lower half of rax. */
export function seenResult({ fn, result = 0n }: CaptureCall): bigint {
  return returnsPointer.has(fn) ? result : BigInt.asUintN(64, BigInt.asIntN(32, result));
}

/**
 * Record what a capture says happened, on a machine that holds the static tables.
 * @param facts in the order of the capture
 */
export function recordFacts(machine: LiveMachine, facts: Iterable<CaptureFact>): FactRun {
  const recorder = new FactRecorder(machine);
  for (const fact of facts) recorder.record(fact);
  return recorder.result;
}
