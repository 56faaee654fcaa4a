import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const readerScript = fileURLToPath(new URL('./child-reader.ts', import.meta.url));
const recorderScript = fileURLToPath(new URL('./child-recorder.ts', import.meta.url));
const NOBODY = 65_534;

export interface ReadResult {
  readonly length?: number;
  readonly finished?: boolean;
  readonly ok?: boolean;
  readonly code?: string;
}

/** What another process gets out of a trace; as a user who may write nothing of ours when the test runs as root. */
export function readAsNobody(path: string, root: boolean): ReadResult {
  const { stdout, stderr } = spawnSync(execPath, [readerScript, path], {
    encoding: 'utf8',
    ...(root && { uid: NOBODY, gid: NOBODY }),
  });
  if (stdout === '') throw new Error(`the child reader failed: ${stderr}`);
  return JSON.parse(stdout) as ReadResult;
}

/** A recorder in a process of its own. */
export class ChildRecorder {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #out = '';

  constructor(path: string, batch: number, events: number) {
    this.#child = spawn(execPath, [recorderScript, path, String(batch), String(events)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout!.on('data', (chunk) => (this.#out += String(chunk)));
  }

  get pid(): number {
    return this.#child.pid!;
  }
  /** The last number of committed events that it told. */
  get committed(): number {
    return Number(/(\d+)\n\d*$/.exec(this.#out)?.[1] ?? -1);
  }
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async waitFor(committed: number): Promise<void> {
    while (this.committed < committed && !this.ended) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Kill it as nothing can be caught; what it told is all there once this returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
