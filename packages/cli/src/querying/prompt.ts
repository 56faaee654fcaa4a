import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { isComplete } from '@kwind/query';
import { ToolError } from '@kwind/x86/errors';
import type { Io } from '../io.ts';
import { note, print } from '../output.ts';
import { HISTORY_SIZE, historyFile, loadHistory, saveHistory } from '../repl/history.ts';
import { report } from '../report.ts';
import { runDot, type PromptSettings } from './dot-commands.ts';
import { QueryStopped, type Engine } from './engine.ts';
import { showAnswer } from './answer.ts';
import { complete } from './complete.ts';

const FIRST = 'sql> ';
const NEXT = '...> ';

/** A statement that grows line by line until its semicolon. */
class Typing {
  #text = '';

  get isOpen(): boolean {
    return this.#text !== '';
  }
  /** Add a line; returns the statement once it is whole. */
  add(line: string): string | undefined {
    if (this.#text === '' && line.trim() === '') return undefined;
    this.#text += `${line}\n`;
    return isComplete(this.#text) ? this.take() : undefined;
  }
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** SQL from a terminal until `.quit` or ^D. ^C drops what is being typed, or ends the query that is running. */
export async function talkSql(io: Io, engine: Engine, settings: PromptSettings): Promise<void> {
  await print(io, ['SQL over a trace, read-only. A statement ends with ";". .help shows what else there is.']);
  const typing = new Typing();
  let isRunning = false;
  const lines = openPrompt(io);
  lines.on('SIGINT', () => {
    if (isRunning) return engine.stop();
    typing.take();
    io.stdout.write('^C\n');
    // Set, not typed as ^E ^U: a dumb terminal's readline does not know those keys.
    Object.assign(lines, { line: '', cursor: 0 });
    lines.setPrompt(FIRST);
    lines.prompt();
  });
  lines.prompt();
  for await (const line of lines) {
    const isDot = !typing.isOpen && line.trim().startsWith('.');
    if (isDot && (await dot(io, line, settings)) === 'quit') break;
    const statement = isDot ? undefined : typing.add(line);
    if (statement !== undefined) {
      isRunning = true;
      await ask(io, engine, statement, settings);
      isRunning = false;
    }
    lines.setPrompt(typing.isOpen ? NEXT : FIRST);
    lines.prompt();
  }
  lines.close();
}

async function dot(io: Io, line: string, settings: PromptSettings): Promise<'quit' | undefined> {
  try {
    const done = runDot(line, settings);
    if (done === 'quit') return 'quit';
    await print(io, done);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    await report(error, io);
  }
  return undefined;
}

async function ask(io: Io, engine: Engine, statement: string, settings: PromptSettings): Promise<void> {
  try {
    const answer = await engine.run(statement, settings.timeout);
    const { isCut } = await showAnswer(io, answer, settings);
    if (isCut) await note(io, '.limit 0 shows all');
  } catch (error) {
    if (error instanceof QueryStopped) await note(io, '^C  interrupted');
    else if (error instanceof ToolError) await report(error, io);
    else throw error;
  }
}

function openPrompt(io: Io): Interface {
  const file = join(dirname(historyFile(io.env)), 'sql-history');
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal: true,
    history: loadHistory(file),
    historySize: HISTORY_SIZE,
    removeHistoryDuplicates: true,
    completer: complete,
    prompt: FIRST,
  });
  lines.on('history', (history: string[]) => saveHistory(file, history));
  // ^D leaves the cursor behind the prompt.
  lines.on('close', () => io.stdout.write('\n'));
  return lines;
}
