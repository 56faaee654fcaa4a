import { parseCommand, type Command, type DebugSession } from '@kwind/debugger';
import { ToolError } from '@kwind/x86';

type SetCommands = Extract<Command, { do: 'commands' }>;

/** `commands 1`, lines, `end`: a command over several lines, as gdb has it. */
export class CommandBlock {
  #open: { readonly command: SetCommands; readonly lines: string[] } | undefined;

  /** True while lines are taken for a breakpoint. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /**
   * The command that a line comes to, or undefined while more lines belong to it.
   * @throws ToolError as parseCommand; command/usage for a breakpoint there is not, and for an end of nothing
   */
  take(text: string, session: Pick<DebugSession, 'dispatch'>): Command | undefined {
    const open = this.#open;
    if (open) {
      if (text !== 'end') {
        open.lines.push(text);
        return undefined;
      }
      this.#open = undefined;
      return { ...open.command, lines: open.lines };
    }
    if (text === 'end')
      throw new ToolError('command/usage', 'there is nothing to end.', 'commands NUMBER begins lines.');
    const command = parseCommand(text);
    if (command.do !== 'commands' || command.lines.length > 0) return command;
    this.#open = { command: { ...command, number: numberOf(command, session) }, lines: [] };
    return undefined;
  }

  drop(): void {
    this.#open = undefined;
  }

  /** @throws ToolError command/usage when a file ended among the lines for a breakpoint; they are forgotten */
  expectClosed(name: string): void {
    if (!this.#open) return;
    const { number } = this.#open.command;
    this.#open = undefined;
    throw new ToolError(
      'command/usage',
      `${name} ends among the commands of breakpoint ${number}.`,
      'Write end below them.',
    );
  }
}

/** Known before the lines are typed: they would be typed for nothing. */
function numberOf({ number }: SetCommands, session: Pick<DebugSession, 'dispatch'>): number {
  const view = session.dispatch({ do: 'info', topic: 'breakpoints', argument: '' });
  const numbers = view.type === 'breakpoints' ? view.breakpoints.map((row) => row.number) : [];
  const which = number === 0 ? numbers.at(-1) : number;
  if (which !== undefined && numbers.includes(which)) return which;
  const what = which === undefined ? 'there is no breakpoint yet.' : `there is no breakpoint ${which}.`;
  throw new ToolError('command/usage', what, 'info breakpoints lists them.');
}
