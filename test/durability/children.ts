import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('child-cli.ts', import.meta.url));

export interface Kill {
  readonly at: 'begin' | 'writing' | 'checkpoint' | 'closing';
  /** Which of them, from 1. */
  readonly count: number;
  readonly afterMs: number;
}

export interface Ended {
  readonly killed: boolean;
  /** Exit code; -1 when it was killed. */
  readonly code: number;
  /** Last number of events that it told to be durable; -1 when it told none. */
  readonly committed: number;
  readonly checkpoints: number;
  /** Milliseconds from its first word to the first durable events. */
  readonly firstMs: number;
  /** Milliseconds from its first word to its end. */
  readonly ms: number;
  readonly err: string;
}

/** Run a command line in a process of its own, to its end or to its death. */
export async function runChild(args: readonly string[], kill?: Kill): Promise<Ended> {
  const child = spawn(execPath, [script, ...(kill ? [JSON.stringify(kill)] : []), '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err, began, firstMs] = ['', '', 0, 0];
  child.stdout.on('data', (chunk: Buffer) => {
    if (began === 0) began = performance.now();
    out += chunk.toString();
    if (firstMs === 0 && out.includes('committed ')) firstMs = performance.now() - began;
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (exit, by) => resolve([exit, by])),
  );
  // What it could not write to its end does not count as told.
  const lines = out.split('\n').slice(0, -1);
  const told = lines.filter((line) => line.startsWith('committed ')).at(-1);
  return {
    killed: signal === 'SIGKILL',
    code: code ?? -1,
    committed: told === undefined ? -1 : Number(told.slice('committed '.length)),
    checkpoints: lines.filter((line) => line === 'checkpoint').length,
    firstMs,
    ms: performance.now() - began,
    err,
  };
}
