export type { CallFrame, ControlState, Counters, SlotState, TlbEntry, Trouble } from './control.ts';
export { tlbKey, tlbLookup } from './control.ts';
export { resourceKey, type ResourceNode, type ResourcesState, type ResourceWaiter } from './resources.ts';
export {
  VM,
  type LazyArea,
  type MemtypeRange,
  type MemtypesState,
  type ReservedRange,
  type VmallocState,
  type VmapArea,
} from './vmalloc.ts';
export { initialState, type MachineState, type MachineView } from './machine.ts';
export { entryOf, PageStore, type Page, type PageOrigin, type PageView, type TableInfo } from './page-store.ts';
export {
  infoAfterStores,
  infosAfter,
  pageAfter,
  pageAfterStores,
  PageReplay,
  entryAfterStores,
  PageRows,
  rowsBefore,
  rowsOfTable,
  storeAt,
} from './page-store-rows.ts';
export { MachineWriter } from './writer.ts';
export { applyRow, applyRows, reduce, reduceAll, reduceRows, REDUCER_VERSION } from './reduce.ts';
export { codesChanging, controlAfter, hasTranslations, rowsChanging, TallyWriter, type Tally } from './control-rows.ts';
export { decodeState, encodeState, stateHash } from './checkpoint.ts';
export { storedState, StateKeeper, type OpenMachine } from './stored-state-keeper.ts';
export { groupOf } from './stored-state.ts';
export { StoredStates, type StoredControl, type StoredGroup, type StoredPage } from './stored-state-reader.ts';
export type { StoredState } from './stored-state.ts';
export * from './selectors/index.ts';
export { checkInvariants } from './invariants.ts';
export { compareStates, type StateDifference } from './compare.ts';
export * from './expression/index.ts';
