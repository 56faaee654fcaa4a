// A capture of a real kernel, and the same boot in the simulator, as two lists that must be equal record by record.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { profile, symbolAt, vaddr, type KernelProfile, type Vaddr } from '@kwind/x86';
import { toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { bmPteFrame, boot, earlyIoremapInner, earlyIounmap, nativeSetFixmap, pointerTo, type KernelContext } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';

/** One line of a capture, numbers read. */
export interface CaptureRecord {
  readonly n: number;
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly stack: readonly string[];
  /** On a return: the result. */
  readonly result: bigint;
}

export interface Capture {
  readonly name: string;
  readonly profile: KernelProfile;
  readonly records: readonly CaptureRecord[];
}

const folder = new URL('captures/', import.meta.url);
export const captureNames = ['q35-6.1.0-56', 'pc-smp2-6.1.0-56', 'q35-6.1.0-47'] as const;

const fromHex = (text: string): bigint => BigInt(`0x${text}`);

interface Line {
  readonly n: number;
  readonly f: string;
  readonly a?: readonly string[];
  readonly s?: readonly string[];
  readonly r?: string;
}

export function readCapture(name: string): Capture {
  const meta = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as { symbols: Record<string, string> };
  const symbols = Object.entries(meta.symbols).map(([symbol, address]) => `symbol.${symbol}=${address}`);
  const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder))).toString('utf8');
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
  const records = lines.map(({ n, f, a = [], s = [], r = '0' }) => ({ n, fn: f, args: a.map(fromHex), stack: s, result: fromHex(r) }));
  return { name, profile: profile('linux-6.1', [...symbols, 'no_hash_pointers=y']), records };
}

/** What both sides are reduced to: a function, its arguments, its result. */
export interface Step {
  readonly fn: string;
  readonly values: readonly bigint[];
}

const below32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const openers = ['__early_ioremap', 'early_iounmap', 'native_set_fixmap'];
const within = new Set(['__early_set_fixmap', 'native_set_pte', 'native_flush_tlb_one_user']);

/**
 * The records that belong to early_ioremap and to the setters of permanent fixmaps: the calls from outside, and what
 * happens inside them. The return of a void function says nothing, and native_set_fixmap has no return record.
 */
export function stepsOf(capture: Capture): readonly Step[] {
  const steps: Step[] = [];
  let inside = '';
  for (const { fn, args, stack, result } of capture.records) {
    if (openers.includes(fn)) inside = fn;
    else if (inside !== '' && !within.has(fn) && fn !== `ret:${inside}`) inside = '';
    const belongs = inside !== '' || (fn === 'native_set_pmd' && stack[0]!.startsWith('early_ioremap_init+'));
    if (!belongs) continue;
    steps.push({ fn, values: fn === 'ret:__early_ioremap' ? [result] : fn === 'ret:early_iounmap' ? [] : narrowIndex(fn, args) });
    if (fn.startsWith('ret:')) inside = '';
  }
  return steps;
}

/** The index of a fixmap is a 32-bit argument: the upper half of its register means nothing. */
const narrowIndex = (fn: string, args: readonly bigint[]): readonly bigint[] =>
  fn.endsWith('set_fixmap') ? [below32(args[0]!), ...args.slice(1)] : args;

/** Make the calls that the capture shows from outside, and write down what the simulator does, in the capture's words. */
export function simulate(capture: Capture, steps: readonly Step[] = stepsOf(capture)): readonly Step[] {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(capture.profile, (batch) => batches.push(batch));
  boot(machine);
  for (const { fn, values } of steps) {
    const [first, second, third] = values;
    if (fn === '__early_ioremap') earlyIoremapInner(machine, first!, second!, third!);
    else if (fn === 'early_iounmap') earlyIounmap(machine, first!, second!);
    else if (fn === 'native_set_fixmap') nativeSetFixmap(machine, Number(first!), second! as never, third!);
  }
  machine.flush();
  const events = batches.flatMap((batch) => [...batch].map(toEvent));
  const from = events.findIndex((event) => event.type === 'call.entered' && event.fn === 'early_ioremap_init');
  return events.slice(from).flatMap((event) => stepOf(machine, event) ?? []);
}

function stepOf(ctx: KernelContext, event: BootEvent): Step | undefined {
  switch (event.type) {
    case 'call.entered':
      return openers.includes(event.fn) || event.fn === '__early_set_fixmap' ? { fn: event.fn, values: event.args } : undefined;
    case 'call.returned':
      if (event.fn === '__early_ioremap') return { fn: 'ret:__early_ioremap', values: [event.result] };
      return event.fn === 'early_iounmap' ? { fn: 'ret:early_iounmap', values: [] } : undefined;
    case 'pte.written':
      return { fn: 'native_set_pte', values: [entryPointer(ctx, event.table, event.index), event.after] };
    case 'pmd.populated':
      return { fn: 'native_set_pmd', values: [entryPointer(ctx, event.table, event.index), event.after] };
    case 'tlb.page-flushed':
      return { fn: 'native_flush_tlb_one_user', values: [event.vaddr] };
    default:
      return undefined;
  }
}

/** How the kernel reaches an entry: bm_pte by its name in the image, any other table through the direct map. */
function entryPointer(ctx: KernelContext, table: number, index: number): Vaddr {
  if (table === bmPteFrame(ctx)) return vaddr(ctx.profile.symbols['bm_pte']! + BigInt(index * 8));
  return pointerTo(ctx, { table, index });
}

/** Where the two lists first differ, as a sentence; undefined when they are equal. */
export function firstDifference(capture: Capture, expected: readonly Step[], found: readonly Step[]): string | undefined {
  const text = (step: Step | undefined): string => (step ? `${step.fn}(${step.values.map((value) => named(capture, value)).join(', ')})` : 'nothing more');
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const [kernel, model] = [text(expected[i]), text(found[i])];
    if (kernel !== model) return `step ${i}: the kernel did ${kernel}, the model ${model}`;
  }
  return undefined;
}

function named(capture: Capture, value: bigint): string {
  const symbol = symbolAt(capture.profile, value as Vaddr);
  return `0x${value.toString(16)}${symbol === undefined ? '' : ` ${symbol}`}`;
}
