import type { Io } from '../io.ts';
import { openSession, type OpenedSession } from '../open-session.ts';
import { print } from '../output.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { follow, talk } from './interactive.ts';
import { Interrupts } from './interrupt.ts';
import { Shell } from './shell.ts';

export interface DebugOptions {
  readonly trace: string;
  readonly at: string;
  readonly batch: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  /** Print each command before its answer. */
  readonly echo: boolean;
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
  const shell = new Shell(io, opened, options);
  try {
    if (isTalk && !options.quiet) await print(io, [greeting(options.trace, opened)]);
    for (const line of options.ex) await shell.run(line);
    if (options.batch) return shell.failure;
    if (!shell.done) await (interrupts ? talk(io, opened, shell, interrupts) : follow(io, shell));
    return 0;
  } finally {
    opened.reader.close();
    interrupts?.close();
  }
}

function greeting(trace: string, { reader: { header, length } }: OpenedSession): string {
  const build = [header.profile, ...header.options].join(' ');
  return `${safe(trace)}: ${count(length, 'event')} of ${safe(header.source.name)} on ${safe(build)}. help lists the commands, ^D leaves.`;
}
