import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../workload.ts';
import { has, interleaved, timedChild, type Time } from '../measure.ts';

/** The same stores, by a compiled program: frame by ordinal, entry, value. */
function program(stores: readonly Store[]): string {
  const ordinals = new Map<number, number>();
  const rows = stores.map(({ table, index, lo, hi }) => {
    if (!ordinals.has(table)) ordinals.set(table, ordinals.size);
    return `{${ordinals.get(table)}, ${index}, 0x${((BigInt(hi) << 32n) | BigInt(lo)).toString(16)}ull}`;
  });
  return `static const struct { unsigned t, i; unsigned long long v; } stores[] = {\n${rows.join(',\n')}};
static volatile unsigned long long pages[${ordinals.size}][512];
__attribute__((noinline)) static void done(void) { __asm__ volatile(""); }
int main(void) {
  for (unsigned k = 0; k < sizeof stores / sizeof *stores; k++) pages[stores[k].t][stores[k].i] = stores[k].v;
  done();
  return 0;
}
`;
}

export interface GdbTimes {
  /** Seconds of one recorded store, and of one `reverse-stepi`. */
  readonly store: number;
  readonly back: number;
}

const BACK = 1000;
const ROUNDS = 3;

/** gdb's own process record: what it takes to record the stores, and to take one instruction back. Undefined without gdb or cc. */
export function gdbTimes(folder: string, stores: readonly Store[]): GdbTimes | undefined {
  if (!has('gdb') || !has('cc')) return undefined;
  const [source, binary] = [join(folder, 'stores.c'), join(folder, 'stores')];
  writeFileSync(source, program(stores));
  if (spawnSync('cc', ['-O1', '-g', '-o', binary, source]).status !== 0) return undefined;
  const run = ['set record full insn-number-max unlimited', 'break main', 'break done', 'run', 'record full'];
  const back = Array.from({ length: BACK }, () => 'reverse-stepi');
  const gdb = (commands: readonly string[]) => (): Time =>
    timedChild('gdb', ['-nx', '-batch', ...commands.flatMap((command) => ['-ex', command]), binary]);
  // gdb does not say what a command takes: each adds to the run before.
  const times = interleaved(ROUNDS, {
    start: gdb(run),
    recorded: gdb([...run, 'continue']),
    stepped: gdb([...run, 'continue', ...back]),
  });
  return {
    store: (times.recorded.cpu - times.start.cpu) / stores.length,
    back: (times.stepped.cpu - times.recorded.cpu) / BACK,
  };
}
