import { ToolError } from '@kwind/x86';
import type { CallRecord, Claim } from '@kwind/events';
import { findKernelFunction } from '@kwind/kernel';
import type { LiveMachine } from './live-machine.ts';

/** One claim that the model does not share: what the log says, what the model says, and where. */
export interface Disagreement {
  readonly origin: string;
  readonly fn: string;
  readonly what: Claim['what'];
  readonly said: string;
  readonly modelled: string;
}

/** How far a log and the model agree. A call agrees when all its claims do. */
export interface Agreement {
  readonly fn: string;
  readonly agreed: number;
  readonly total: number;
}

export interface LogRun {
  /** By function, in order of first appearance; calls without claims are not counted. */
  readonly agreement: readonly Agreement[];
  readonly disagreements: readonly Disagreement[];
}

/**
 * Run calls that a log reports through the model, and compare what the log says of each with what the model did.
 * A call that the model refuses is run all the same and disagrees: the trace then shows what the model would do.
 *
 * @param records in the order in which the kernel made the calls
 * @throws ToolError script/name when a record names a function that is not modelled
 */
export function runLog(machine: LiveMachine, records: Iterable<CallRecord>): LogRun {
  const agreement = new Map<string, { agreed: number; total: number }>();
  const disagreements: Disagreement[] = [];
  for (const record of records) {
    if (record.claims.some((claim) => claim.what === 'line')) turnOnDebug(machine);
    const found = runRecord(machine, record);
    disagreements.push(...found);
    if (record.claims.length === 0) continue;
    const sum = agreement.get(record.fn) ?? { agreed: 0, total: 0 };
    agreement.set(record.fn, { agreed: sum.agreed + (found.length === 0 ? 1 : 0), total: sum.total + 1 });
  }
  return { agreement: [...agreement].map(([fn, sum]) => ({ fn, ...sum })), disagreements };
}

/** A log that has a debug line shows that the kernel had early_ioremap_debug by then. */
function turnOnDebug(machine: LiveMachine): void {
  if ((machine.view.control.variables['early_ioremap_debug'] ?? 0n) === 0n)
    findKernelFunction('early_ioremap_debug_setup')!.run(machine, [], []);
}

/** What a call did, in the terms in which logs make claims. */
interface Outcome {
  readonly result: bigint;
  readonly slot: number;
  readonly pages: number;
  readonly line: string;
}

function runRecord(machine: LiveMachine, record: CallRecord): Disagreement[] {
  const fn = findKernelFunction(record.fn);
  if (!fn)
    throw new ToolError(
      'script/name',
      `${record.origin}: there is no modelled function ${record.fn}.`,
      'kwind functions lists them.',
    );
  const before = machine.view.control.slots;
  const held = before.map((slot) => ({ prevMap: slot.prevMap, pages: slot.pages }));
  const warnedBefore = machine.lastWarning;
  const { caller, stack, origin } = record;
  const result = fn.run(machine.from({ caller, stack: stack.join(' '), origin }), argsFor(machine, record), []);
  const after = machine.view.control.slots;
  const slot = after.findIndex((state, i) => state.prevMap !== held[i]!.prevMap);
  const pages = slot < 0 ? 0 : Math.max(after[slot]!.pages, held[slot]!.pages);
  const line = machine.lastWarning === warnedBefore ? '' : (machine.lastWarning?.message ?? '');
  const outcome: Outcome = { result: typeof result === 'bigint' ? result : 0n, slot, pages, line };
  return record.claims.flatMap((claim) => compare(machine, record, claim, outcome) ?? []);
}

/** Logs never print the protection of a mapping; both wrappers use the same one. */
function argsFor(machine: LiveMachine, record: CallRecord): readonly bigint[] {
  if (record.fn !== '__early_ioremap' || record.args.length > 2) return record.args;
  return [...record.args, machine.profile.prots['FIXMAP_PAGE_NORMAL'] ?? 0n];
}

const show = (value: bigint | string): string => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value);

function compare(machine: LiveMachine, record: CallRecord, claim: Claim, outcome: Outcome): Disagreement | undefined {
  const modelled = modelledValue(machine, record, claim.what, outcome);
  const same = typeof claim.value === 'bigint' ? claim.value === modelled : claim.value === String(modelled);
  if (same) return undefined;
  return {
    origin: claim.origin,
    fn: record.fn,
    what: claim.what,
    said: show(claim.value),
    modelled: outcome.slot < 0 && claim.what === 'slot' ? 'none' : show(modelled),
  };
}

function modelledValue(
  machine: LiveMachine,
  record: CallRecord,
  what: Claim['what'],
  outcome: Outcome,
): bigint | string {
  switch (what) {
    case 'slot':
      return BigInt(outcome.slot);
    case 'vaddr':
      return record.fn === 'early_iounmap' ? record.args[0]! : outcome.result;
    case 'offset':
      return outcome.result & 0xfffn;
    case 'slotVirt':
      return outcome.slot < 0 ? 0n : machine.view.control.slots[outcome.slot]!.virt;
    case 'pages':
      return BigInt(outcome.pages);
    case 'result':
      return outcome.result;
    case 'line':
      // A log has a line of a message, and claims its first.
      return outcome.line.split('\n', 1)[0]!;
  }
}
