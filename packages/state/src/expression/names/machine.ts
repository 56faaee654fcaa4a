import type { CallFrame } from '../../control.ts';
import type { MachineView } from '../../machine.ts';
import { callChain } from '../../selectors/index.ts';
import type { Declaration } from '../scope.ts';
import {
  addressType,
  defineRecord,
  field,
  listOf,
  listValue,
  numberType,
  stringType,
  type Type,
  type Value,
} from '../values.ts';

const value = (
  group: string,
  name: string,
  type: Type,
  doc: string,
  get: (view: MachineView) => Value,
): Declaration => ({
  name,
  doc,
  group,
  type,
  get: (env) => get(env.view),
});

/** Kernel variables that have a name in the language, with the words that help prints. */
export const kernelVariables: Readonly<Record<string, string>> = {
  system_state: 'How far the boot is: SYSTEM_BOOTING, SYSTEM_SCHEDULING, SYSTEM_RUNNING, …',
  after_paging_init: 'Set by early_ioremap_reset(): from then on the late setters are used. Never on x86-64.',
  early_ioremap_debug: 'Set by the kernel parameter of that name: each early mapping is printed.',
  fixmaps_set: 'Number of calls that set or cleared a permanent fixmap.',
};

const registers: Readonly<Record<string, string>> = {
  cr0: 'Control register 0.',
  cr3: 'Control register 3: the physical address of the root table.',
  cr4: 'Control register 4.',
  efer: 'The extended feature register.',
};

const callType = defineRecord<CallFrame>('call', {
  fn: field(stringType, 'Kernel function.', (call) => call.fn),
  caller: field(stringType, 'Return address as a symbol, or "".', (call) => call.caller),
  origin: field(stringType, 'Script line, log line or record it came from.', (call) => call.origin),
  text: field(stringType, 'Arguments that are texts, as name="rtc".', (call) => call.text),
  seq: field(numberType, 'Number of its call.entered event.', (call) => BigInt(call.seq)),
  args: field(listOf(addressType), 'Arguments.', (call) => listValue(listOf(addressType), call.args)),
});
const callsType = listOf(callType, 'level');

const counters: readonly Declaration[] = [
  value('counters', 'warnings', numberType, 'WARNs so far.', (view) => BigInt(view.control.trouble.warnings)),
  value('counters', 'bugs', numberType, 'BUGs so far.', (view) => BigInt(view.control.trouble.bugs)),
  value('counters', 'faults', numberType, 'Page faults so far.', (view) => BigInt(view.control.trouble.faults)),
  value('counters', 'page_flushes', numberType, 'Flushes of one page so far.', (view) =>
    BigInt(view.counters.pageFlushes),
  ),
  value('counters', 'flushes', numberType, 'Flushes of the whole TLB, or all of it but global pages, so far.', (view) =>
    BigInt(view.counters.flushes),
  ),
  value('counters', 'calls', numberType, 'Kernel calls entered so far.', (view) => BigInt(view.counters.calls)),
];

const place: readonly Declaration[] = [
  value('place', 'position', numberType, 'Number of events up to here.', (view) => BigInt(view.position)),
  value('place', 'phase', stringType, 'Phase of the boot that was entered last.', (view) => view.control.phase),
  value('place', 'depth', numberType, 'Number of open kernel calls.', (view) => BigInt(callChain(view).length)),
  value(
    'place',
    'fn',
    stringType,
    'Function of the innermost open kernel call; no value when none is open.',
    (view) => view.calls?.fn ?? null,
  ),
  value('place', 'call', callType, 'Innermost open kernel call; no value when none is open.', (view) =>
    view.calls ? callType.of(view.calls) : null,
  ),
  value('place', 'stack', callsType, 'Open kernel calls, innermost first.', (view) =>
    listValue(
      callsType,
      callChain(view).map((frame) => callType.of(frame)),
    ),
  ),
];

/** Registers, kernel variables, counters, and where the boot is. */
export const machineNames: readonly Declaration[] = [
  ...Object.entries(registers).map(([name, doc]) =>
    value('registers', name, addressType, doc, (view) => view.control.registers[name] ?? 0n),
  ),
  ...Object.entries(kernelVariables).map(([name, doc]) =>
    value('kernel variables', name, numberType, doc, (view) => view.control.variables[name] ?? 0n),
  ),
  ...counters,
  ...place,
];
