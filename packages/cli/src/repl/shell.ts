import { readFileSync } from 'node:fs';
import { commandHelp, parseCommand, toJson, type Command, type Result } from '@kwind/debugger';
import { ToolError } from '@kwind/x86';
import { exitCodeOf, exitCodes, isToolError } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import type { OpenedSession } from '../open-session.ts';
import { ClosedPipe, jsonLine, Output } from '../output.ts';
import { renderResult } from '../render/result.ts';
import { styleFor, type Style } from '../render/style.ts';
import { report } from '../report.ts';
import { safe } from '../terminal.ts';
import { CommandBlock } from './command-block.ts';
import type { Follower } from './follower.ts';
import { ownHelp } from './own-help.ts';
import type { Pager } from './pager.ts';
import { SeenAddresses } from './seen-addresses.ts';

export interface ShellOptions {
  /** Runs commands in place of the session: on a trace that grows. */
  readonly follower?: Follower | undefined;
  /** Shows an answer that is longer than the screen. */
  readonly pager?: Pager | undefined;
  /** One JSON object a command instead of text. */
  readonly json: boolean;
  /** Print each command before its answer, as a transcript has it. */
  readonly echo: boolean;
}

/** Behind any command: leave nothing out of its answer. */
const ALL = ' --all';
/** In a transcript, before a line that a breakpoint or a file runs. */
const NOT_TYPED = '>>';
/** As the first command of a breakpoint: the stop itself is not shown. */
const SILENT = 'silent';
/** How deep files of commands may name one another. */
const DEEPEST = 10;

/** Runs lines of the debugger's language on a session and shows the answers. A refused line changes nothing. */
export class Shell {
  readonly #io: Io;
  readonly #opened: OpenedSession;
  readonly #options: ShellOptions;
  readonly #out: Output;
  readonly #block = new CommandBlock();
  readonly #seen = new SeenAddresses();
  #last = '';
  #depth = 0;
  #done = false;
  #failure = 0;

  constructor(io: Io, opened: OpenedSession, options: ShellOptions) {
    this.#io = io;
    this.#opened = opened;
    this.#options = options;
    this.#out = new Output(io.stdout);
  }

  /** True once `quit` was asked for. */
  get done(): boolean {
    return this.#done;
  }
  /** Exit code of the first line that failed; 0 when none did. */
  get failure(): number {
    return this.#failure;
  }
  /** Forget the lines that were being typed for a breakpoint. */
  drop(): void {
    this.#block.drop();
  }
  /** Addresses in the answers so far. */
  get addresses(): readonly string[] {
    return this.#seen.list();
  }
  get prompt(): string {
    if (this.#block.isOpen) return '> ';
    const { percent, position } = this.#opened.session.place;
    return `(kwind ${percent.toFixed(1)}% #${position}) `;
  }

  /** Run a line that somebody typed: an empty one repeats the last, where repeating makes sense. */
  async typed(line: string): Promise<void> {
    const text = line.trim();
    if (this.#block.isOpen) return this.run(text);
    const again = text === '' ? this.#last : text;
    if (again === '') return;
    this.#last = repeats(again) ? again : '';
    await this.run(again);
  }

  /** There is no more input: lines for a breakpoint without an end are told of. */
  async finish(): Promise<void> {
    try {
      this.#block.expectClosed('the input');
    } catch (error) {
      await this.#refuse(error);
    }
  }

  /** Run a line; what goes wrong is told and noted, and the session goes on. `mark` stands before its echo. */
  async run(line: string, mark = '>'): Promise<void> {
    // What breakpoints want to be run comes first; a breakpoint whose commands go on may stop any number of times.
    const waiting = [line];
    for (let shown = mark; waiting.length > 0; shown = NOT_TYPED) {
      waiting.unshift(...(await this.#line(waiting.shift()!.trim(), shown)));
    }
  }

  /** Run one line; returns those that a breakpoint wants to be run. */
  async #line(text: string, mark: string): Promise<readonly string[]> {
    if (this.#done || text === '' || text.startsWith('#')) return [];
    if (this.#options.echo) await this.#show([`${mark} ${text}`]);
    try {
      const file = /^source(?:\s+(.*))?$/.exec(text);
      const help = this.#block.isOpen ? undefined : ownHelp(text);
      if (help) await this.#answer({ type: 'help', commands: [help] }, { do: 'help', topic: help.name }, false);
      else if (file && !this.#block.isOpen) await this.#source(file[1] ?? '');
      else return await this.#command(text);
    } catch (error) {
      if (error instanceof ClosedPipe) throw error;
      await this.#refuse(error);
    }
    return [];
  }

  /** A bug of ours must not cost the session either: it is told in full, and the next line is read. */
  async #refuse(error: unknown): Promise<void> {
    const code = isToolError(error) ? exitCodeOf(error.code) : exitCodes.internal;
    if (this.#failure === 0 || code === exitCodes.internal) this.#failure = code;
    if (this.#options.json && isToolError(error)) {
      await this.#show([jsonLine({ type: 'error', code: error.code, message: error.message, hint: error.hint })]);
    } else await report(error, this.#io);
  }

  async #command(text: string): Promise<readonly string[]> {
    const all = text.endsWith(ALL);
    const command = this.#block.take(all ? text.slice(0, -ALL.length) : text, this.#opened.session);
    if (command === undefined) return [];
    const result = (this.#options.follower ?? this.#opened.session).dispatch(command);
    const lines = linesToRun(result);
    if (lines[0] !== SILENT || this.#options.json) await this.#answer(result, command, all);
    if (result.type === 'quit') this.#done = true;
    return lines[0] === SILENT ? lines.slice(1) : lines;
  }

  async #answer(result: Result, command: Command, all: boolean): Promise<void> {
    if (this.#options.json) return this.#show([jsonLine(toJson(result))]);
    const lines = [...(doneText(command) ?? renderResult(result, this.#style(all))), ...this.#displayed(command)];
    this.#seen.look(lines);
    if (this.#options.pager?.show(lines) !== true) await this.#show(lines);
  }

  /** The value of a display that was just set, as gdb shows it at once. */
  #displayed(command: Command): readonly string[] {
    if (command.do !== 'display') return [];
    const view = this.#opened.session.dispatch({ do: 'info', topic: 'displays', argument: '' });
    return renderResult(view, this.#style(false)).slice(-1);
  }

  async #source(name: string): Promise<void> {
    if (name === '') throw new ToolError('command/usage', 'the file is missing.', 'Usage: source FILE');
    if (this.#depth >= DEEPEST)
      throw new ToolError(
        'command/usage',
        `${name} is the ${DEEPEST + 1}th file that sources another.`,
        'Does one source itself?',
      );
    this.#depth++;
    try {
      for (const line of readLines(this.#io, name)) await this.run(line, NOT_TYPED);
      this.#block.expectClosed(name);
    } finally {
      this.#depth--;
    }
  }

  async #show(lines: readonly string[]): Promise<void> {
    await this.#out.lines(lines);
  }

  #style(all: boolean): Style {
    const style = styleFor(this.#io, { all, allHint: '--all behind the command' });
    return all ? { ...style, width: Infinity } : style;
  }
}

/** For commands that change something of the session only: what they did. */
function doneText(command: Command): readonly string[] | undefined {
  if (command.do === 'undisplay') {
    const { numbers } = command;
    return [numbers.length === 0 ? 'all displays deleted' : `display ${numbers.join(', ')} deleted`];
  }
  if (command.do !== 'branch' || command.action === 'show') return undefined;
  return [
    command.action === 'save'
      ? `the branch is kept in ${safe(command.file)}`
      : 'back in the recording; the branch is dropped',
  ];
}

const linesToRun = (result: Result): readonly string[] => (result.type === 'stopped' ? result.commands : []);

/** Moving on and asking again make sense; setting the same breakpoint again does not. */
function repeats(line: string): boolean {
  try {
    const { do: verb } = parseCommand(line);
    const group = commandHelp.find(({ name }) => name === verb)?.group;
    return group === 'moving' || group === 'questions';
  } catch {
    return false;
  }
}

function readLines(io: Io, name: string): readonly string[] {
  try {
    return readFileSync(pathOf(io, name), 'utf8').split(/\r?\n/);
  } catch (cause) {
    throw new ToolError(
      'io/unreadable',
      `${name} cannot be read: ${(cause as Error).message}.`,
      'Name a file with one command a line.',
      { cause },
    );
  }
}
