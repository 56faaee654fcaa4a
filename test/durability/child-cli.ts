// child-cli.ts [KILL] -- ARGUMENT...: runs one command line and tells on standard output, a line each, how many events are
// durable (`committed N`) and where the writer is (`checkpoint`, `closing`). KILL is {"at": "begin" | "writing" | "checkpoint" | "closing",
// "count": which of them, "afterMs"}: the process then dies by SIGKILL that long after it, in the middle of whatever it does.
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { argv, cwd, env } from 'node:process';
import { Worker } from 'node:worker_threads';
import { main } from '@kwind/cli';
import { SqliteTraceWriter } from '@kwind/trace';

type Moment = 'begin' | 'writing' | 'checkpoint' | 'closing';
interface Kill {
  readonly at: Moment;
  readonly count: number;
  readonly afterMs: number;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** The pipe does not block by itself where the parent is behind. */
function tell(text: string): void {
  for (;;) {
    try {
      writeSync(1, `${text}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Waits in a thread of its own, so that death comes while the other is inside SQLite. */
const killer = `
const { workerData, parentPort } = require('node:worker_threads');
parentPort.postMessage('ready');
Atomics.wait(workerData.armed, 0, 0);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData.afterMs);
process.kill(process.pid, 'SIGKILL');`;

async function arm(kill: Kill): Promise<(moment: Moment) => void> {
  const armed = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(killer, { eval: true, workerData: { armed, afterMs: kill.afterMs } });
  worker.unref();
  await new Promise((resolve) => worker.once('message', resolve));
  let left = kill.count;
  return (moment) => {
    if (moment !== kill.at || --left !== 0) return;
    Atomics.store(armed, 0, 1);
    Atomics.notify(armed, 0);
  };
}

/** Tell of each step that the writer makes, right after or right before it. */
function watchWriter(reached: (moment: Moment) => void, eager: number): void {
  const writer = SqliteTraceWriter.prototype;
  const { append, putCheckpoint, finish } = writer;
  let told = -1;
  const tellCommitted = (committed: number): void => {
    if (committed === told) return;
    told = committed;
    tell(`committed ${committed}`);
  };
  writer.append = function (this: SqliteTraceWriter, batch) {
    reached('writing');
    append.call(this, batch);
    tellCommitted(this.committed);
  };
  writer.putCheckpoint = function (this: SqliteTraceWriter, ...args) {
    tell('checkpoint');
    reached('checkpoint');
    putCheckpoint.apply(this, args);
  };
  writer.finish = function (this: SqliteTraceWriter) {
    tell('closing');
    reached('closing');
    finish.call(this);
    tellCommitted(this.committed);
  };
  if (eager === 1) return;
  const { get } = Object.getOwnPropertyDescriptor(writer, 'sinceCheckpoint')!;
  Object.defineProperty(writer, 'sinceCheckpoint', {
    get(this: SqliteTraceWriter) {
      const { logBytes, lastBytes } = get!.call(this) as SqliteTraceWriter['sinceCheckpoint'];
      return { logBytes: logBytes * eager, lastBytes };
    },
  });
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
const split = argv.indexOf('--');
const plan = argv[2] === '--' ? undefined : (JSON.parse(argv[2]!) as Kill);
const reached = plan ? await arm(plan) : () => {};
watchWriter(reached, plan?.at === 'checkpoint' ? 100 : 1);
tell('begin');
reached('begin');
const io = { stdout: nowhere(), stderr: process.stderr, stdin: process.stdin, env, cwd: cwd(), now: () => Date.now() };
process.exitCode = await main(argv.slice(split + 1), io);
