import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ToolError } from '@kwind/x86';
import { readInput } from './files.ts';
import type { Io } from './io.ts';
import { selectEvents } from './log.ts';
import { openSession } from './open-session.ts';
import { print } from './output.ts';
import { importBootLog, type ImportedLog } from './recording/boot-log.ts';
import { outcomeOf } from './recording/outcome.ts';
import { agreementText } from './render/agreement.ts';
import { renderOutcome } from './render/outcome.ts';
import { renderStopped } from './render/stopped.ts';
import { styleFor, type Style } from './render/style.ts';
import { safe } from './terminal.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const LOG = join(root, 'traces', 'logs', 'q35-nokaslr.log.gz');
const STEPS = 4;

/** Import the boot log that comes with kwind, and walk back through it. */
export async function demo(io: Io): Promise<number> {
  const folder = cacheFolder(io);
  const trace = join(folder, 'demo.kwind');
  // Recorded beside and then moved: two demos at a time do not get into each other's way.
  const fresh = join(folder, `demo-${process.pid}.kwind`);
  const imported = await importShipped(io, fresh);
  renameSync(fresh, trace);
  const shown = shortest(io, trace);
  const style = styleFor(io, { all: false, allHint: '--all' });
  await print(io, await story(io, imported, trace, style));
  await print(io, [
    '',
    'Go on from here, forward and backward:',
    '',
    `  ${style.paint('bold', `npx kwind debug ${shown} --at end`)}`,
  ]);
  return 0;
}

async function importShipped(io: Io, output: string): Promise<ImportedLog> {
  if (!existsSync(LOG))
    throw new ToolError(
      'io/unreadable',
      `${LOG} is missing.`,
      'It comes with the repository; restore it with git checkout.',
    );
  const text = (await readInput(LOG, io)).toString('utf8');
  try {
    return importBootLog(io, text, 'q35-nokaslr.log', { output, force: true }, { set: [] });
  } catch (error) {
    rmSync(output, { force: true });
    throw error;
  }
}

async function story(
  io: Io,
  { log, recording, profile, options }: ImportedLog,
  trace: string,
  style: Style,
): Promise<string[]> {
  const { session, reader } = openSession(io, trace, { at: 'end' });
  try {
    const outcome = outcomeOf(recording.tally, recording.end, reader);
    const changes = await selectEvents(reader, {
      range: '..',
      type: 'slot.claimed,slot.released',
      reverse: true,
      number: String(STEPS),
    });
    const walk = [...changes].flatMap(({ seq }) => {
      const stop = session.dispatch({ do: 'goto', to: String(seq + 1) });
      return stop.type === 'stopped' ? ['', ...renderStopped({ ...stop, direction: 'backward' }, style)] : [];
    });
    return [
      `A real boot, as its log tells it: ${relative(root, LOG)}, ${log.nrLines.toLocaleString('en-US')} lines.`,
      `kernel: ${safe(log.release === '' ? log.kernelVersion : log.release)}, simulated with ${[profile, ...options].join(' ')}`,
      `log and model: ${agreementText(recording.result.agreement)}`,
      `trace: ${shortest(io, trace)}`,
      '',
      ...renderOutcome(outcome),
      '',
      `Backward through the last ${STEPS} changes of the slots:`,
      ...walk,
    ];
  } finally {
    reader.close();
  }
}

/** Under node_modules, which git ignores, or where the XDG rules put caches. */
function cacheFolder(io: Io): string {
  const cache = io.env['XDG_CACHE_HOME'];
  const base = cache !== undefined && cache.startsWith('/') ? cache : join(io.env['HOME'] ?? homedir(), '.cache');
  const candidates = [
    ...(existsSync(join(root, 'node_modules')) ? [join(root, 'node_modules', '.cache', 'kwind')] : []),
    join(base, 'kwind'),
  ];
  let failure: unknown;
  for (const folder of candidates) {
    try {
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch (error) {
      failure = error;
    }
  }
  throw new ToolError(
    'io/unwritable',
    `${candidates.join(' and ')} cannot be made.`,
    'Set XDG_CACHE_HOME to a folder that can be written.',
    { cause: failure },
  );
}

/** Seen from the command's own folder when it lies below it. */
function shortest(io: Io, path: string): string {
  const near = relative(io.cwd, path);
  return near.startsWith('..') ? path : near;
}
