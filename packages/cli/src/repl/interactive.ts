import { createInterface, type Interface } from 'node:readline';
import { profile } from '@kwind/x86';
import type { Io } from '../io.ts';
import type { OpenedSession } from '../open-session.ts';
import { complete } from './complete.ts';
import { HISTORY_SIZE, historyFile, loadHistory, saveHistory } from './history.ts';
import type { Interrupts } from './interrupt.ts';
import type { Shell } from './shell.ts';

/** Read commands from a terminal until `quit` or the end of input. ^C drops the line or the search, never the session. */
export async function talk(io: Io, opened: OpenedSession, shell: Shell, interrupts: Interrupts): Promise<void> {
  const lines = openPrompt(io, opened, shell);
  lines.prompt();
  for await (const line of lines) {
    await shell.typed(line);
    if (shell.done) break;
    lines.setPrompt(shell.prompt);
    lines.prompt();
    const typed = interrupts.takeTyped();
    if (typed !== '') lines.write(typed);
  }
  lines.close();
  // ^D leaves the cursor behind the prompt.
  if (!shell.done) io.stdout.write('\n');
}

function openPrompt(io: Io, opened: OpenedSession, shell: Shell): Interface {
  const file = historyFile(io.env);
  const { header } = opened.reader;
  const context = {
    session: opened.session,
    profile: profile(header.profile, header.options),
    addresses: () => shell.addresses,
  };
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal: true,
    history: loadHistory(file),
    historySize: HISTORY_SIZE,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(line, context),
    prompt: shell.prompt,
  });
  lines.on('history', (history: string[]) => saveHistory(file, history));
  lines.on('SIGINT', () => {
    shell.drop();
    lines.setPrompt(shell.prompt);
    dropLine(lines, io);
  });
  return lines;
}

/** What was typed stays to be seen; the prompt comes back empty below it. */
function dropLine(lines: Interface, io: Io): void {
  io.stdout.write('^C\n');
  // Set, not typed as ^E ^U: a dumb terminal's readline does not know those keys.
  Object.assign(lines, { line: '', cursor: 0 });
  lines.prompt();
}

/** Read commands from a pipe or a file: no prompt, no history. */
export async function takeLines(io: Io, shell: Shell): Promise<void> {
  for await (const line of createInterface({ input: io.stdin, terminal: false })) {
    await shell.typed(line);
    if (shell.done) return;
  }
  await shell.finish();
}
