import { configureStore, createSlice, type EnhancedStore, type PayloadAction, type Reducer } from '@reduxjs/toolkit';
import undoable, { ActionCreators } from 'redux-undo';
import type { Store } from '../workload.ts';
import { timed, type Time } from '../measure.ts';

const ENTRIES = 512;
const MOST_TABLES = 64;
type Tables = number[][];
interface Payload {
  readonly table: number;
  readonly index: number;
  readonly value: number;
}

/** Tables by ordinal: a Map or an object of hundreds of them would cost the store far more. */
function payloads(stores: readonly Store[]): Payload[] {
  const ordinals = new Map<number, number>();
  return stores.map(({ table, index, lo, hi }) => {
    if (!ordinals.has(table)) ordinals.set(table, ordinals.size);
    return { table: ordinals.get(table)!, index, value: hi * 0x1_0000_0000 + lo };
  });
}

const initialState = (): Tables => Array.from({ length: MOST_TABLES }, () => Array.from({ length: ENTRIES }, () => 0));

const { reducer, actions } = createSlice({
  name: 'pages',
  initialState,
  reducers: {
    stored(state: Tables, { payload }: PayloadAction<Payload>) {
      state[payload.table]![payload.index] = payload.value;
    },
  },
});

/** A store without the checks of the development build, which cost ten times the work itself. */
function storeOf<S>(root: Reducer<S>): EnhancedStore<S> {
  return configureStore({
    reducer: root,
    middleware: (defaults) =>
      defaults({ immutableCheck: false, serializableCheck: false, actionCreatorCheck: false }) as never,
    devTools: false,
  }) as never;
}

/** One dispatch a store. */
export function toolkitFold(stores: readonly Store[]): Time {
  const list = payloads(stores);
  const store = storeOf(reducer);
  return timed(() => {
    for (const payload of list) store.dispatch(actions.stored(payload));
  });
}

/** The same history under redux-undo, stepped back to its start. */
export function undoSteps(stores: readonly Store[]): Time {
  const store = storeOf(undoable(reducer));
  for (const payload of payloads(stores)) store.dispatch(actions.stored(payload));
  const time = timed(() => {
    for (let i = 0; i < stores.length; i++) store.dispatch(ActionCreators.undo());
  });
  if (store.getState().past.length > 0) throw new Error('redux-undo did not get back to the start');
  return time;
}
