import type { Reducers } from './types.ts';

export const callReducers: Reducers<'call.entered' | 'call.returned'> = {
  'call.entered': (m, e) => {
    m.counters.calls++;
    m.calls = Object.freeze({
      seq: e.seq,
      fn: e.fn,
      args: Object.freeze([...e.args]),
      text: e.text,
      caller: e.caller,
      origin: e.origin,
      outer: m.calls,
    });
  },
  'call.returned': (m) => {
    m.calls = m.calls?.outer ?? null;
  },
};
