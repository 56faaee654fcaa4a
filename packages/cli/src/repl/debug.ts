import type { Io } from '../io.ts';
import { openSession, type OpenedSession } from '../open-session.ts';
import { note, print } from '../output.ts';
import { buildName } from '../render/build-name.ts';
import { count } from '../render/table.ts';
import { safe, widthOf, wrapped } from '../terminal.ts';
import { Follower } from './follower.ts';
import { talk, takeLines } from './interactive.ts';
import { Interrupts } from './interrupt.ts';
import { Pager } from './pager.ts';
import { Shell } from './shell.ts';
import { startFiles } from './start-files.ts';

export interface DebugOptions {
  readonly trace: string;
  readonly at: string;
  readonly batch: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  /** Print each command before its answer. */
  readonly echo: boolean;
  /** Read the files of commands that a session starts with. */
  readonly rc: boolean;
  /** The trace may still be recorded: see what comes. */
  readonly follow: boolean;
  /** Commands to run first, in order. */
  readonly ex: readonly string[];
}

/**
 * The debugger: the commands given, then those of the terminal or the pipe unless it is a batch.
 * @returns in a batch the code of the first command that failed
 */
export async function debug(io: Io, options: DebugOptions): Promise<number> {
  const isTalk = !options.batch && io.stdin.isTTY === true && io.stdout.isTTY === true;
  const interrupts = isTalk ? new Interrupts() : undefined;
  const opened = openSession(io, options.trace, {
    at: options.at,
    ...(interrupts && { shouldStop: () => interrupts.shouldStop() }),
  });
  const shell = new Shell(io, opened, {
    ...options,
    pager: isTalk ? Pager.for(io) : undefined,
    follower: options.follow ? followerOf(io, opened, interrupts) : undefined,
  });
  try {
    if (isTalk && !options.quiet) await print(io, wrapped(greeting(options.trace, opened), widthOf(io), '  '));
    // A program reads one object a command that it gave: nobody else's.
    if (options.rc && !options.json) await runStartFiles(io, shell);
    for (const line of options.ex) await shell.run(line);
    if (options.batch) {
      await shell.finish();
      return shell.failure;
    }
    if (!shell.done) await (interrupts ? talk(io, opened, shell, interrupts) : takeLines(io, shell));
    return 0;
  } finally {
    opened.reader.close();
    interrupts?.close();
  }
}

async function runStartFiles(io: Io, shell: Shell): Promise<void> {
  const { files, notes } = startFiles(io);
  for (const line of notes) await note(io, safe(line));
  for (const file of files) await shell.run(`source ${file}`);
}

function followerOf(io: Io, { session, reader }: OpenedSession, interrupts: Interrupts | undefined): Follower {
  return new Follower({
    session,
    reader,
    ...(interrupts && { shouldStop: () => interrupts.shouldStop() }),
    onWait: () => void io.stderr.write('Waiting for the recorder; ^C stops.\n'),
  });
}

function greeting(trace: string, { reader: { header, length } }: OpenedSession): string {
  return `${safe(trace)}: ${count(length, 'event')} of ${safe(header.source.name)} on ${buildName(header)}. help lists the commands, ^D leaves.`;
}
