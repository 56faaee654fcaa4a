import { type KernelProfile } from '@kwind/x86';
import type { BootEvent, Capture, CaptureCall } from '@kwind/events';
import {
  earlyAllocPgtBuf,
  earlyIoremapInit,
  loadCr3,
  renameRegion,
  variable,
  vmallocInit,
  type KernelContext,
} from '@kwind/kernel';
import {
  entryAt,
  knownRename,
  LiveMachine,
  recordPurge,
  recordStaticTables,
  ResourcePointers,
  storeSeen,
} from '@kwind/recorder';
import { resourceById } from '@kwind/state';
import { align } from './align.ts';
import { areaEffects } from './area-check.ts';
import { learnBrk } from './brk.ts';
import { choicesOf, learnMemoryType } from './choices.ts';
import { canDrive, drive, isModelled, type DriveContext } from './drive.ts';
import { GivenList } from './given-list.ts';
import { isUntraced, withUntraced } from './groups.ts';
import { Hooks } from './hooks.ts';
import { isSameCall, kernelEffects } from './kernel-effects.ts';
import { memoryMapOf, type MapResource } from './memory-map.ts';
import { modelEffects } from './model-effects.ts';
import { actorOf, isPageFlush, levelOfStore, scopeOfFlush } from './names.ts';
import type { ConformReport } from './report.ts';
import { ResourceReads } from './resource-reads.ts';
import { Tally } from './tally.ts';
import { placeByWhatFollows } from './unplaced.ts';

class Conformance {
  readonly #capture: Capture;
  readonly #machine: LiveMachine;
  readonly #pointers = new ResourcePointers();
  readonly #given = new GivenList();
  readonly #hooks: Hooks;
  readonly #tally: Tally;
  readonly #reads: ResourceReads;
  readonly #map: readonly MapResource[];
  readonly #more: DriveContext;
  readonly #lastRecord: number;
  #vmallocReady = false;

  constructor(capture: Capture, profile: KernelProfile) {
    this.#capture = capture;
    this.#lastRecord = Math.max(...capture.calls.slice(-64).map(({ lastRecord }) => lastRecord));
    this.#machine = new LiveMachine(profile, () => {});
    this.#map = memoryMapOf(profile, capture);
    const ram = this.#map
      .filter(({ type }) => type === 1 || type === 128)
      .map(({ start, size }) => ({ start, end: start + size }));
    this.#more = { pointers: this.#pointers, ram };
    this.#hooks = new Hooks(profile, capture, (call) => isModelled(call.fn));
    this.#tally = new Tally(profile, this.#hooks, this.#given);
    this.#reads = new ResourceReads(this.#pointers, this.#given, this.#tally);
  }

  run(): ConformReport {
    recordStaticTables(this.#machine);
    this.#checkNumbers();
    this.#takeAll(this.#capture.calls);
    const { name, nrRecords, notes, unknown } = this.#capture;
    const { profile } = this.#machine;
    const { disagreements } = this.#tally;
    this.#given.add(
      'static-tables',
      "the tables of head_64 stood before the capture begins; they are the profile's",
      -1,
    );
    const end = this.#machine.snapshot();
    return {
      capture: name,
      nrRecords,
      profile: profile.name,
      options: profile.overrides,
      agreement: this.#tally.agreement(),
      disagreements,
      given: this.#given.list(),
      notes,
      unknown,
      agrees: disagreements.length === 0,
      end,
    };
  }

  /** A capture that lost records, or has them out of order, does not show what the kernel did. */
  #checkNumbers(): void {
    for (const { kind, n, text } of this.#capture.notes) {
      if (kind === 'recorded-twice')
        this.#given.add(kind, 'calls that the tracer recorded twice: none had returned when its second record came', n);
      if (kind !== 'lost-records' && kind !== 'order' && kind !== 'return-without-call') continue;
      this.#tally.add('record', false);
      this.#tally.disagreements.push({
        kind: 'record',
        n,
        origin: this.#capture.name,
        kernel: text,
        model: '',
        call: '',
        callRecord: n,
        callers: [],
      });
    }
  }

  #takeAll(calls: readonly CaptureCall[]): void {
    const all = withUntraced(calls);
    for (const [i, call] of all.entries()) {
      const next = all[i + 1];
      if (next && isModelled(call.fn) && call.end === 'inferred' && isSameCall(call, next))
        this.#given.add(
          'recorded-twice',
          `${call.fn}() stands twice in a row, with the same arguments and stack and nothing in between: a tracer that stops at a breakpoint can report one call twice`,
          next.n,
        );
      else this.#take(call);
    }
  }

  #take(call: CaptureCall): void {
    if (call.end === 'skipped') {
      this.#given.add(
        'injected',
        `the tracer made ${call.fn}() return at once; the model does not run it either`,
        call.n,
      );
      return;
    }
    if (canDrive(call, this.#more.ram)) return this.#compare(call);
    if (call.fn === 'allocate_resource')
      return placeByWhatFollows(this.#machine, call, this.#capture, this.#pointers, this.#given);
    if (isModelled(call.fn))
      this.#given.add('not-driven', `${call.fn}() cannot be run: the capture does not have what it needs`, call.n);
    this.#apply(call);
    // What was put together from its stores must not be put together again.
    if (isUntraced(call)) for (const inner of call.inner) this.#take(inner);
    else this.#takeAll(call.inner);
  }

  /** What another part of the kernel did, as far as it changes what the model works on. */
  #apply(call: CaptureCall): void {
    const machine = this.#machine;
    const level = levelOfStore(call.fn);
    const [pointer = 0n, value = 0n] = call.args;
    if (level !== undefined) {
      const place = entryAt(machine.view, pointer);
      if (place) storeSeen(machine, place, level, value);
    }
    if (call.fn === 'native_write_cr3' && call.args.length > 0) loadCr3(machine, pointer);
    const isEffect =
      level !== undefined ||
      isPageFlush(call.fn) ||
      scopeOfFlush(call.fn) !== undefined ||
      call.fn === 'native_write_cr3';
    if (isEffect)
      this.#given.add('not-driven', `stores and flushes of ${actorOf(call)}(), which the model does not run`, call.n);
  }

  #prepare(call: CaptureCall): void {
    const machine = this.#machine;
    const needsSlots = call.fn === '__early_ioremap' || call.fn === 'early_iounmap' || call.fn === '__early_set_fixmap';
    if (needsSlots && machine.view.control.slots[0]?.virt === 0n) {
      this.#given.add('not-traced', 'early_ioremap_init() is not in the capture; the model runs it first', call.n);
      earlyIoremapInit(machine);
    }
    if (call.fn === '__ioremap_caller' && !this.#vmallocReady) {
      this.#vmallocReady = true;
      vmallocInit(machine);
    }
    const needsBrk = call.fn === 'cleanup_highmap' || call.fn === 'init_mem_mapping';
    // setup_arch() sets pages aside before both; no store shows it.
    if (needsBrk && variable(machine, 'pgt_buf_top') === 0n) {
      learnBrk(machine, this.#capture, this.#given);
      earlyAllocPgtBuf(machine);
    }
    learnMemoryType(machine, call, this.#given);
    this.#reads.read(machine, call);
  }

  #compare(call: CaptureCall): void {
    const machine = this.#machine;
    this.#prepare(call);
    const area = areaEffects(machine, call);
    const events: BootEvent[] = [];
    const [caller = '', ...stack] = call.stack;
    machine.from({ caller, stack: stack.join(' '), origin: call.origin });
    machine.given = choicesOf(machine, call, this.#given);
    drive(listening(machine, events), call, this.#more);
    machine.given = undefined;
    const kernel = [...area.kernel, ...kernelEffects(machine.view, call, this.#pointers)];
    const model = [...area.model, ...this.#tally.comparable(modelEffects(events), call)];
    const isLast = call.end !== 'returned' && call.lastRecord >= this.#lastRecord;
    this.#tally.compare(align(kernel, model), call, isLast);
    for (const event of events) if (event.type === 'resource.adjusted') this.#reads.changed(event.id);
    this.#after(call);
  }

  /** What follows a call that no record shows. */
  #after(call: CaptureCall): void {
    const machine = this.#machine;
    const rename = knownRename(call);
    if (rename && call.result !== undefined && resourceById(machine.view, call.result)) {
      renameRegion(machine, call.result, rename.name);
      this.#given.add(
        'rename',
        `${rename.by} renames its region from ${call.name ?? '(null)'} to ${rename.name}`,
        call.n,
      );
    }
    const [start = 0n, end = 0n] = call.args;
    if (call.fn === 'flush_tlb_kernel_range') recordPurge(machine, call, start, end);
  }
}

/** The machine, with a list of what is emitted. */
function listening(machine: LiveMachine, events: BootEvent[]): KernelContext {
  return {
    profile: machine.profile,
    get view() {
      return machine.view;
    },
    get given() {
      return machine.given;
    },
    takeSite: () => machine.takeSite(),
    emit(event) {
      events.push(event);
      return machine.emit(event);
    },
  };
}

/**
 * Run the top-level calls of a capture on the model, and compare every effect that was seen with the model's, one by one.
 * What the capture cannot show, or another part of the kernel decided, is taken as given and listed.
 */
export function conform(capture: Capture, profile: KernelProfile): ConformReport {
  return new Conformance(capture, profile).run();
}
