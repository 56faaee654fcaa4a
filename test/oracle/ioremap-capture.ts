// The calls of normal ioremap and the building of the direct map in a capture, and the same boot in the simulator.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { cacheModes, E820, pfnOf, physAddr, vaddr, type E820Entry, type KernelProfile } from '@kwind/x86';
import { toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import {
  boot,
  cleanupHighmap,
  e820MemorySetup,
  e820ReserveResources,
  earlyAllocPgtBuf,
  initMemMapping,
  insertKernelResources,
  ioremapCaller,
  iounmap,
  memblockReserve,
  memInit,
  pagingInit,
  trimBiosRange,
  vmallocInit,
} from '@kwind/kernel';
import { parseVmallocinfo } from '@kwind/importers';
import { LiveMachine } from '@kwind/recorder';
import type { MachineState } from '@kwind/state';
import { readCapture } from './capture.ts';

/** A record as the capture spells it. */
export interface RawRecord {
  readonly n: number;
  readonly f: string;
  readonly a?: readonly string[];
  readonly s?: readonly string[];
  readonly of?: number;
  readonly r?: string;
}

const folder = new URL('captures/', import.meta.url);
const linesOf = (file: string): RawRecord[] =>
  gunzipSync(readFileSync(new URL(file, folder)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RawRecord);

/** Records up to paging_init(), and those of ioremap and the tables it stands on after it. */
export const readEarly = (name: string): readonly RawRecord[] => linesOf(`${name}.jsonl.gz`);
export const readLate = (name: string): readonly RawRecord[] => linesOf(`ioremap-${name}.jsonl.gz`);
export const readVmallocinfo = (name: string): string => readFileSync(new URL(`ioremap-${name}.vmallocinfo.txt`, folder), 'utf8');

const entry = (start: bigint, last: bigint, type: number): E820Entry => ({ start, size: last - start + 1n, type });

/** The firmware's memory map of both machines, as their logs print it. */
const firmware: Readonly<Record<'q35' | 'pc', readonly E820Entry[]>> = {
  q35: [
    entry(0n, 0x9_fbffn, E820.RAM),
    entry(0x9_fc00n, 0x9_ffffn, E820.RESERVED),
    entry(0xf_0000n, 0xf_ffffn, E820.RESERVED),
    entry(0x10_0000n, 0x1ffd_efffn, E820.RAM),
    entry(0x1ffd_f000n, 0x1fff_ffffn, E820.RESERVED),
    entry(0xb000_0000n, 0xbfff_ffffn, E820.RESERVED),
    entry(0xfed1_c000n, 0xfed1_ffffn, E820.RESERVED),
    entry(0xfffc_0000n, 0xffff_ffffn, E820.RESERVED),
  ],
  pc: [
    entry(0n, 0x9_fbffn, E820.RAM),
    entry(0x9_fc00n, 0x9_ffffn, E820.RESERVED),
    entry(0xf_0000n, 0xf_ffffn, E820.RESERVED),
    entry(0x10_0000n, 0x3ffd_ffffn, E820.RAM),
    entry(0x3ffe_0000n, 0x3fff_ffffn, E820.RESERVED),
    entry(0xfffc_0000n, 0xffff_ffffn, E820.RESERVED),
  ],
};

/** RAMDISK line of the q35 boots; the other log does not have it, and where it lies there changes nothing that is compared. */
const INITRD = { start: 0x1fed_4000n, size: 0xf_c000n };

/** A store to an entry, in words that both sides share. With 4 levels the kernel calls the root's entries p4d. */
export interface EntryStore {
  readonly level: string;
  readonly frame: number;
  readonly index: number;
  readonly value: bigint;
}

const IMAGE = 0xffff_ffff_8000_0000n;

/** `native_set_pte(ptr, value)`; the level is the function's, though some callers store large entries with the one for 4 KiB. */
export function storeOf(profile: KernelProfile, { f, a }: RawRecord): EntryStore {
  const pointer = BigInt(`0x${a![0]!}`);
  const phys = pointer - (pointer >= IMAGE ? IMAGE : profile.pageOffset);
  return { level: f.slice('native_set_'.length), frame: pfnOf(physAddr(phys)), index: Number((phys & 0xfffn) >> 3n), value: BigInt(`0x${a![1]!}`) };
}

export function storesIn(events: readonly BootEvent[]): EntryStore[] {
  return events.flatMap((event) => {
    const level = /^(pte|pmd|pud|p4d|pgd)\./.exec(event.type)?.[1];
    if (level === undefined || !('table' in event) || !('after' in event)) return [];
    return [{ level: level === 'pgd' ? 'p4d' : level, frame: event.table, index: event.index, value: event.after }];
  });
}

/** A simulated boot that can be asked what a step did. */
export class Boot {
  readonly machine: LiveMachine;
  readonly #batches: EventBatch[] = [];

  constructor(name: string) {
    this.machine = new LiveMachine(readCapture(name).profile, (batch) => this.#batches.push(batch));
    boot(this.machine);
    e820MemorySetup(this.machine, { entries: firmware[name.startsWith('pc') ? 'pc' : 'q35'] });
    insertKernelResources(this.machine);
    trimBiosRange(this.machine);
    if (!name.startsWith('pc')) memblockReserve(this.machine, INITRD.start, INITRD.size, 'initrd');
  }

  /** The facts of one step. */
  facts(step: (machine: LiveMachine) => void): readonly BootEvent[] {
    this.machine.flush();
    const from = this.#batches.length;
    step(this.machine);
    this.machine.flush();
    return this.#batches.slice(from).flatMap((batch) => [...batch].map(toEvent));
  }

  get state(): MachineState {
    return this.machine.snapshot();
  }
}

/** What setup_arch() does from the direct map to paging_init(). */
export function buildDirectMap(machine: LiveMachine): void {
  earlyAllocPgtBuf(machine);
  cleanupHighmap(machine);
  initMemMapping(machine);
}

/** The rest of the boot up to the first ioremap. */
export function finishPaging(machine: LiveMachine): void {
  pagingInit(machine);
  e820ReserveResources(machine);
  memInit(machine);
  vmallocInit(machine);
}

/**
 * Take the areas that a capture knows nothing of, as far as they start below `limit`: kernel stacks, modules, BPF, per-CPU
 * memory. The file was read after boot; what is in it was taken at some time, lower addresses on the whole earlier.
 */
export function claimOthers(machine: LiveMachine, vmallocinfo: string, limit = 1n << 64n): void {
  const taken = new Set(machine.view.control.vmalloc.areas.map((area) => area.start));
  const others = parseVmallocinfo(vmallocinfo).areas.filter((area) => !area.unpurged && area.kind !== 'ioremap');
  for (const { start, end, pages, caller } of others) {
    if (start >= limit || taken.has(start)) continue;
    machine.emit({ type: 'area.claimed', start: vaddr(start), end: vaddr(end), phys: physAddr(0n), flags: 2, pages, caller });
  }
}

/** One call of the capture with everything inside it, and its result. */
export interface CapturedCall {
  readonly record: RawRecord;
  readonly inner: readonly RawRecord[];
  readonly result: bigint;
}

/** Calls of ioremap and iounmap in order, and the flushes of purges. */
export function callsOf(records: readonly RawRecord[]): readonly CapturedCall[] {
  const calls: CapturedCall[] = [];
  for (const [at, record] of records.entries()) {
    if (record.f === 'iounmap' || record.f === 'flush_tlb_kernel_range') calls.push({ record, inner: [], result: 0n });
    if (record.f !== '__ioremap_caller') continue;
    const end = records.findIndex((later) => later.of === record.n);
    calls.push({ record, inner: records.slice(at + 1, end), result: BigInt(`0x${records[end]!.r!}`) });
  }
  return calls;
}

const argsOf = (record: RawRecord): readonly bigint[] => record.a!.map((text) => BigInt(`0x${text}`));

/** Make one captured call in the simulator. `at` forces the place of the area. */
export function repeatCall(machine: LiveMachine, { record }: CapturedCall, at?: bigint): bigint {
  const [first, size, mode] = argsOf(record);
  machine.from({ caller: record.s![0]!, stack: record.s!.slice(1).join(' '), origin: `record ${record.n}` });
  if (record.f === 'iounmap') {
    iounmap(machine, first!);
    return 0n;
  }
  const options = at === undefined ? {} : { at: vaddr(at) };
  return ioremapCaller(machine, first!, size!, cacheModes[Number(mode!)]!, options) ?? 0n;
}

/** Arguments of ioremap_page_range() inside a call, on either side. */
export const pageRangeOf = (call: CapturedCall): readonly bigint[] => argsOf(call.inner.find((record) => record.f === 'ioremap_page_range')!);
export function pageRangeIn(events: readonly BootEvent[]): readonly bigint[] {
  const entered = events.find((event) => event.type === 'call.entered' && event.fn === 'ioremap_page_range');
  return entered?.type === 'call.entered' ? entered.args : [];
}
