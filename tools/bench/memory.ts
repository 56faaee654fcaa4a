// Memory: the peak of a process that only records, or only replays; and what waits for a sink that is slow.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { put, type Context } from './context.ts';
import type { FigureId } from './bounds.ts';
import { keepBoot, realBoot } from './real-shape.ts';

const child = fileURLToPath(new URL('memory-child.ts', import.meta.url));

/** What the child says: mebibytes, one number a line. */
function ask(...args: readonly string[]): number[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', child, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map(Number);
}

export function peaks(context: Context): void {
  const { work, trace, folder } = context;
  const boot = join(folder, 'memory-boot.kwind');
  if (context.wants('memory-record', 'memory-replay')) keepBoot(boot, realBoot());
  for (const [id, what] of [
    ['memory-record', 'record'],
    ['memory-replay', 'replay'],
  ] as const satisfies readonly (readonly [FigureId, string])[]) {
    if (!context.wants(id)) continue;
    const common = { id, ours: '', reference: '' };
    if (!existsSync('/proc/self/status')) {
      put(context, { ...common, measured: Number.NaN, skipped: 'no /proc' });
      continue;
    }
    const [peak = Number.NaN, before = Number.NaN] = ask(what, work.name, String(work.n), trace, boot);
    put(context, { ...common, measured: peak, ours: '', reference: `before it began ${before.toFixed(0)} MiB` });
  }
}

export function slowSink(context: Context): void {
  if (!context.wants('slow-sink')) return;
  const { work, trace } = context;
  const [ours = Number.NaN, theirs = Number.NaN] = ask('slow-sink', work.name, String(Math.min(work.n, 2e5)), trace);
  put(context, {
    id: 'slow-sink',
    measured: ours,
    ours: `2 ms a batch: ${ours.toFixed(1)} MiB`,
    reference: `RxJS concatMap ${theirs.toFixed(1)} MiB`,
  });
}
