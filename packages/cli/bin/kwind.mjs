#!/usr/bin/env node
// The `kwind` command. Plain JavaScript without dependencies: an old Node must be able to read this far, because
// below FLOOR it can neither load the .ts sources nor better-sqlite3 (which ends the process without a message).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshBundle } from './bundle.mjs';

const FLOOR = [22, 18];
const EX_UNAVAILABLE = 69;
// Set in the child, so that a pinned Node which turns out to be old as well ends in a message and not in a loop.
const GUARD = 'KWIND_REEXEC';
const here = fileURLToPath(import.meta.url);

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

/** The Node that the workspace's lockfile pins, if it is installed in a folder above this file. */
function pinnedNode() {
  const inside = join('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    const candidate = join(folder, inside);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

function refuse(why) {
  process.stderr.write(
    `kwind: this is Node ${process.version}, and kwind needs ${FLOOR.join('.')} or newer${why}. ` +
      'Install a newer Node, or run `npm start` once in the kwind folder: it brings its own.\n',
  );
  process.exit(EX_UNAVAILABLE);
}

function runOn(node) {
  const child = spawn(node, [here, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [GUARD]: '1' },
  });
  // The terminal sends Ctrl-C to the child as well; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(` (${node} cannot be started: ${error.message})`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? EX_UNAVAILABLE);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (isNewEnough()) {
  delete process.env[GUARD];
  module.enableCompileCache?.();
  await import(freshBundle() ?? '../src/main.ts');
} else {
  const node = process.env[GUARD] === undefined ? pinnedNode() : null;
  if (node === null) refuse('');
  else runOn(node);
}
