// A thread beside a query: SQLite as it is built for Node counts no bytes and can be told no limit, and nothing else of
// the process runs before the query ends. When it takes too much, or whoever asked is gone, the process ends.
import { kill, memoryUsage, pid } from 'node:process';
import { workerData } from 'node:worker_threads';
import { BUSY, IDLE, type WatchOptions } from './watch-state.ts';

const EVERY_MS = 20;

const { state, mostMemory, parent } = workerData as WatchOptions;
for (;;) {
  Atomics.wait(state, 0, IDLE);
  if (memoryUsage.rss() > mostMemory || process.ppid !== parent) kill(pid, 'SIGKILL');
  Atomics.wait(state, 0, BUSY, EVERY_MS);
}
