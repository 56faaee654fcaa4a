import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

/*
 * Whole sessions of the debugger as text, reviewed like prose. The first line of a transcript says how its trace is
 * made, lines after `>` are what is typed, and everything else is what the terminal showed. To take over a change of
 * the output once it has been read: KWIND_ACCEPT=1 npm test -- test/cli/transcripts
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test', 'transcripts');
const accept = process.env['KWIND_ACCEPT'] === '1';
const work = scratch();

async function replay(name: string, text: string): Promise<string> {
  const [head = '', ...lines] = text.split('\n');
  // A folder of its own: bookmarks lie beside the trace, and branches are saved there.
  const cwd = join(work, name);
  mkdirSync(cwd);
  const trace = join(cwd, 'trace.kwind');
  const made = await kwind([...head.slice(2).split(' '), '-o', trace], { cwd: root });
  expect(made.err).toBe('');
  const typed = lines.filter((line) => line.startsWith('> ')).flatMap((line) => ['-ex', line.slice(2)]);
  const session = await kwind(['debug', trace, '--echo', '-batch', ...typed], { cwd, merged: true });
  return `${head}\n${session.out}`;
}

describe('transcripts', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const now = await replay(name, text);
    if (accept) writeFileSync(path, now);
    expect(now).toBe(accept ? now : text);
  });
});
