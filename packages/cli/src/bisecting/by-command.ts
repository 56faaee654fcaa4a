import { spawnSync } from 'node:child_process';
import { DebugSession, toJson } from '@kwind/debugger';
import { bisect, Timeline, type Verdict } from '@kwind/timeline';
import { profile, ToolError } from '@kwind/x86';
import { CANNOT_JUDGE, UsageError } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import { jsonLine, write } from '../output.ts';
import { showResult, type Subject } from './subject.ts';

/** What of the machine a command gets to read, by the debugger's names. */
const topics = ['summary', 'slots', 'registers', 'tlb', 'calls', 'warnings'] as const;

/** The machine at a position, as JSON for a program. */
function stateText(session: DebugSession, position: number): string {
  session.dispatch({ do: 'goto', to: String(position) });
  const parts = topics.map((topic) => [topic, toJson(session.dispatch({ do: 'info', topic, argument: '' }))]);
  return jsonLine({ position, ...Object.fromEntries(parts) });
}

/** As for `git bisect run`: 0 is good, 125 cannot be judged, 1 to 127 is bad, anything else ends the search. */
function verdictOf(code: number | null, signal: string | null, command: string): Verdict {
  if (code === 0) return 'good';
  if (code === CANNOT_JUDGE) return 'skip';
  if (code !== null && code > 0 && code <= 127) return 'bad';
  throw new ToolError(
    'command/usage',
    `${command} ended with ${signal ?? `exit code ${code}`}; the search stops.`,
    '0 is good, 125 skips, 1 to 127 is bad, all else stops.',
  );
}

export async function bisectByCommand(subject: Subject, words: readonly string[]): Promise<number> {
  const [command, ...args] = words;
  if (command === undefined)
    throw new UsageError('the command is missing.', `kwind bisect ${subject.trace} run ./test.sh`);
  const { io, reader } = subject;
  const session = new DebugSession(new Timeline(reader, profile(reader.header.profile, reader.header.options)), {});
  const env = { ...io.env, KWIND_TRACE: pathOf(io, subject.trace) };
  const bisected = await bisect(subject.good, subject.bad, async (position) => {
    const input = `${stateText(session, position)}\n`;
    const ran = spawnSync(command, args, { cwd: io.cwd, env: { ...env, KWIND_POSITION: String(position) }, input });
    // A command that does not read its input closes the pipe: no reason to stop.
    const error = ran.error as NodeJS.ErrnoException | undefined;
    if (error && error.code !== 'EPIPE')
      throw new ToolError(
        'io/unreadable',
        `${command} cannot be run: ${error.message}.`,
        'Check its name and that it may be executed.',
        { cause: error },
      );
    await write(io.stderr, `${ran.stdout.toString()}${ran.stderr.toString()}`);
    return verdictOf(ran.status, ran.signal, command);
  });
  return showResult(subject, bisected);
}
