import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'packages', 'cli', 'bin', 'kwind.mjs');
const source = fileURLToPath(new URL('fault.c', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Run the command in a process of its own, perhaps through a shell line that ends in "$@". */
export function kwindProcess(
  argv: readonly string[],
  { env = {}, shell }: { readonly env?: Readonly<Record<string, string>>; readonly shell?: string } = {},
): Ran {
  const words = [execPath, bin, ...argv];
  const [file, args] = shell === undefined ? [words[0]!, words.slice(1)] : ['/bin/sh', ['-c', shell, 'sh', ...words]];
  const ran = spawnSync(file, args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  return { code: ran.status, signal: ran.signal, out: ran.stdout, err: ran.stderr };
}

/** The preloaded library, or why there is none. */
export function buildShim(folder: string): { readonly library: string } | { readonly why: string } {
  const library = join(folder, 'fault.so');
  const { status, stderr, error } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (process.platform !== 'linux' || error || status !== 0)
    return { why: `no cc that builds it: ${error?.message ?? stderr}` };
  return { library };
}

export const faultEnv = (library: string, errno: number, afterBytes: number): Record<string, string> => ({
  LD_PRELOAD: library,
  KWIND_FAULT_FILE: '.kwind',
  KWIND_FAULT_ERRNO: String(errno),
  KWIND_FAULT_AFTER: String(afterBytes),
});

/** A file system of `size` bytes at `folder`, or why there is none. Call the result to take it away. */
export function mountSmall(folder: string, size: number): { readonly unmount: () => void } | { readonly why: string } {
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${Math.ceil(size)}`, 'tmpfs', folder],
    {
      encoding: 'utf8',
    },
  );
  if (error || status !== 0) return { why: `nothing can be mounted here: ${(error?.message ?? stderr).trim()}` };
  return { unmount: () => void spawnSync('umount', ['-l', folder]) };
}
