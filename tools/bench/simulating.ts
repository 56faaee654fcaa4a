// Kernel functions that decide one by one, recorded: slower than events that are ready made, and what a user does.
import { join } from 'node:path';
import { boot, earlyIoremap, earlyIounmap } from '@kwind/kernel';
import type { LiveMachine } from '@kwind/recorder';
import { put, type Context } from './context.ts';
import { rateText } from './figure.ts';
import { interleaved, timed } from './measure.ts';
import { recordRows } from './peers/rows.ts';
import { recordBy } from './subjects.ts';

/** Nobody waits for ten million calls to decide; the rate stays. */
const MOST = 1e6;
const SLOTS = 4;

/** early_ioremap() and early_iounmap(), a few mappings open at a time, of 1 to 4 pages. */
export function drive(machine: LiveMachine, n: number): void {
  boot(machine);
  const open: { readonly address: bigint; readonly size: bigint }[] = [];
  for (let i = 0; machine.position < n; i++) {
    const size = 0x1000n * BigInt(1 + (i % 4)) - 0x10n;
    const address = earlyIoremap(machine, 0xf_0000n + 0x1_0000n * BigInt(i % 512), size);
    if (address !== null) open.push({ address, size });
    if (open.length < SLOTS) continue;
    const oldest = open.shift()!;
    earlyIounmap(machine, oldest.address as never, oldest.size);
  }
}

export function simulating(context: Context): void {
  const { work, folder } = context;
  if (!context.wants('simulate') || work.name !== 'stress') return;
  const n = Math.min(work.n, MOST);
  const [path, database] = [join(folder, 'calls.kwind'), join(folder, 'calls.sqlite')];
  let done = 0;
  const times = interleaved(n >= 1e6 ? 1 : context.rounds, {
    simulate: () =>
      recordBy(path, work.profile, (machine) => {
        drive(machine, n);
        done = machine.position;
      }),
    rows: () => timed(() => recordRows(database, work.make, n)),
  });
  const [ours, theirs] = [done / times.simulate.cpu, n / times.rows.cpu];
  put(context, {
    id: 'simulate',
    measured: ours / theirs,
    // Half of the rows' rate or half a million, whichever is more.
    goal: Math.max(0.5, 5e5 / theirs),
    ours: rateText(ours),
    reference: `a row an event ${rateText(theirs)}`,
    time: times.simulate,
  });
}
