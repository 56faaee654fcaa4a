import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Workload } from '../workload.ts';

/** Without timestamps, and nothing aligned: as little as a reader of the Common Trace Format can be given to do. */
const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
trace { major = 1; minor = 8; byte_order = le; };
stream { event.header := struct { uint8_t id; }; };
event { name = "entry_stored"; id = 0; fields := struct { uint64_t table; uint16_t index; uint64_t before; uint64_t after; }; };
event { name = "fact"; id = 1; fields := struct { uint64_t a; uint64_t b; uint64_t c; }; };
event { name = "call_entered"; id = 2; fields := struct { string fn; string caller; string stack; string origin; string text; uint8_t count; uint64_t args[count]; }; };
event { name = "call_returned"; id = 3; fields := struct { string fn; uint64_t result; }; };
`;

const encoder = new TextEncoder();
const CHUNK = 1 << 20;
/** Bytes of the longest event; texts of calls are cut to fit, which those of the workloads need not be. */
const LONGEST = 8192;
const LONGEST_TEXT = 256;
const MOST_ARGS = 64;

/** The same events as a trace of the Common Trace Format: stores and calls with the fields they have in ours, all else with three. */
export function writeCtf(folder: string, { make }: Workload): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'metadata'), METADATA);
  const file = openSync(join(folder, 'stream'), 'w');
  const bytes = new DataView(new ArrayBuffer(CHUNK));
  let used = 0;
  const room = (): void => {
    if (used + LONGEST <= CHUNK) return;
    writeSync(file, new Uint8Array(bytes.buffer, 0, used));
    used = 0;
  };
  const word = (value: number): void => {
    bytes.setUint32(used, value, true);
    used += 4;
  };
  const wide = (value: bigint): void => {
    bytes.setBigUint64(used, value, true);
    used += 8;
  };
  const text = (value: string): void => {
    const { written } = encoder.encodeInto(value.slice(0, LONGEST_TEXT), new Uint8Array(bytes.buffer, used));
    used += written;
    bytes.setUint8(used++, 0);
  };
  make({
    entry: (_code, table, index, beforeLo, beforeHi, lo, hi) => {
      room();
      bytes.setUint8(used++, 0);
      word(table >>> 0);
      word(Math.floor(table / 0x1_0000_0000));
      bytes.setUint16(used, index, true);
      used += 2;
      for (const half of [beforeLo, beforeHi, lo, hi]) word(half);
    },
    event: (event) => {
      room();
      if (event.type === 'call.entered') {
        bytes.setUint8(used++, 2);
        for (const value of [event.fn, event.caller, event.stack, event.origin, event.text]) text(value);
        const args = event.args.slice(0, MOST_ARGS);
        bytes.setUint8(used++, args.length);
        for (const arg of args) wide(arg);
        return;
      }
      if (event.type === 'call.returned') {
        bytes.setUint8(used++, 3);
        text(event.fn);
        wide(event.result);
        return;
      }
      bytes.setUint8(used++, 1);
      for (const half of [event.type.length, 0, 'slot' in event ? event.slot : 0, 0, 0, 0]) word(half);
    },
  });
  writeSync(file, new Uint8Array(bytes.buffer, 0, used));
  closeSync(file);
}
