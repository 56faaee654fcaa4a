import type { CaptureNote } from '@kwind/events';
import type { MachineState } from '@kwind/state';

/** How many effects of a kind were seen or modelled, and how many of them are the same. */
export interface KindAgreement {
  readonly kind: string;
  readonly agreed: number;
  readonly total: number;
}

/** One effect in which kernel and model differ. `''` on one side: that side did nothing of the kind there. */
export interface ConformDisagreement {
  readonly kind: string;
  /** Record that shows the effect, or of the call when only the model has it. */
  readonly n: number;
  readonly origin: string;
  readonly kernel: string;
  readonly model: string;
  /** The driven call it belongs to, as `__early_ioremap(0xf0000, 0x10000, …)`, and the call's record. */
  readonly call: string;
  readonly callRecord: number;
  /** Return addresses on that call's stack, nearest first. */
  readonly callers: readonly string[];
}

/** Why something of a capture was not decided by the model. */
export type GivenReason =
  | 'static-tables'
  | 'not-driven'
  | 'table-frame'
  | 'area-address'
  | 'resource-pointer'
  | 'resource-fields'
  | 'resource-edit'
  | 'rename'
  | 'memory-map'
  | 'memory-type'
  | 'memory-taken'
  | 'brk-taken'
  | 'placed-later'
  | 'not-placed'
  | 'cleared-in-place'
  | 'not-traced'
  | 'patched'
  | 'result-not-seen'
  | 'recorded-twice'
  | 'injected'
  | 'cut';

/** Something that the capture cannot show or that another part of the kernel decided, with the records it is about. */
export interface Given {
  readonly reason: GivenReason;
  /** A sentence; the same for all its records. */
  readonly what: string;
  /** First and last of each run of records. */
  readonly records: readonly (readonly [first: number, last: number])[];
  readonly count: number;
}

export interface ConformReport {
  readonly capture: string;
  readonly nrRecords: number;
  readonly profile: string;
  readonly options: readonly string[];
  /** In order of first appearance. */
  readonly agreement: readonly KindAgreement[];
  readonly disagreements: readonly ConformDisagreement[];
  readonly given: readonly Given[];
  /** What the importer noted; lost records and records out of order count as disagreements too. */
  readonly notes: readonly CaptureNote[];
  readonly unknown: readonly { readonly fn: string; readonly calls: number }[];
  /** Nothing differs. */
  readonly agrees: boolean;
  /** The model's machine after the last call: for comparing what the kernel printed in the end. */
  readonly end: MachineState;
}
