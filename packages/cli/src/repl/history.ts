import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Io } from '../io.ts';

export const HISTORY_SIZE = 1000;

/** Where what was typed is kept, by the XDG rules. */
export function historyFile(env: Io['env']): string {
  const state = env['XDG_STATE_HOME'];
  const base = state !== undefined && state.startsWith('/') ? state : join(env['HOME'] ?? homedir(), '.local', 'state');
  return join(base, 'kwind', 'history');
}

/** Newest first, as node:readline wants it. A history that cannot be read is an empty one. */
export function loadHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .reverse()
      .slice(0, HISTORY_SIZE);
  } catch {
    return [];
  }
}

/** Best effort: a read-only home must not spoil the end of a session. */
export function saveHistory(file: string, newestFirst: readonly string[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const lines = newestFirst.slice(0, HISTORY_SIZE).toReversed();
    writeFileSync(file, lines.length === 0 ? '' : `${lines.join('\n')}\n`, { mode: 0o600 });
  } catch {
    // Nothing is lost but the history.
  }
}
