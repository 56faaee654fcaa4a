import { didYouMean, ToolError } from '@kwind/x86';
import type { CommandHelp } from '../answers.ts';
import type { Command } from '../protocol.ts';
import { movingCommands, restartTarget } from './moving.ts';
import { questionCommands } from './questions.ts';
import { sessionCommands } from './session.ts';
import { firstWord, usageError, type CommandSpec } from './spec.ts';
import { addressOf, breakOnAccess, stopCommands } from './stops.ts';

const specs: readonly CommandSpec[] = [...movingCommands, ...stopCommands, ...questionCommands, ...sessionCommands];
const byWord = new Map<string, CommandSpec>();
for (const spec of specs) for (const word of [spec.name, ...spec.aliases]) byWord.set(word, spec);

/** Every command with its help, in the order in which help lists them. */
export const commandHelp: readonly CommandHelp[] = specs.map(({ parse: _parse, ...help }) => Object.freeze(help));

/** The words that begin a command: names and aliases, for completion. */
export const commandWords: readonly string[] = [...byWord.keys()];

/** The command that a word names, or begins without doubt. @throws ToolError command/unknown */
function specOf(word: string): CommandSpec {
  const exact = byWord.get(word);
  if (exact) return exact;
  const starting = commandWords.filter((known) => known.startsWith(word));
  const found = new Set(starting.map((known) => byWord.get(known)!));
  if (found.size === 1) return [...found][0]!;
  if (found.size > 1) {
    throw new ToolError('command/unknown', `"${word}" may be ${starting.join(', ')}.`, 'Type a letter more.');
  }
  throw new ToolError(
    'command/unknown',
    `there is no command "${word}".`,
    didYouMean(word, commandWords, 'help lists them.'),
  );
}

/** Help of one command, or of all for an empty topic. @throws ToolError command/unknown */
export function helpOn(topic: string): readonly CommandHelp[] {
  if (topic === '') return commandHelp;
  const group = commandHelp.filter((help) => help.group === topic);
  if (group.length > 0) return group;
  const { parse: _parse, ...help } = specOf(topic);
  return [help];
}

/**
 * Read one line of the debugger's language. The first word is a name, an alias or an unambiguous beginning; some habits
 * of other debuggers are taken as meant: `!tt 50`, `ba w8 ADDRESS`, `record goto 120`, `x/4gx …`, `p EXPR`.
 * @throws ToolError command/unknown with the nearest spelling; command/usage with the usage
 */
export function parseCommand(line: string): Command {
  const text = line.trim();
  const [word, rest] = firstWord(text);
  if (word === '') throw new ToolError('command/usage', 'there is no command.', 'help lists them.');
  const examined = /^x(\/[\s\S]*)$/.exec(text);
  if (examined) return byWord.get('x')!.parse(examined[1]!);
  const formatted = /^(?:p|print|inspect)\/(\w+)\s+(\S[\s\S]*)$/.exec(text);
  if (formatted) return printedAs(formatted[1]!, formatted[2]!);
  const recorded = /^rec(?:ord)?\s+goto\s+([\s\S]+)$/.exec(text);
  if (recorded) return gotoOf(recorded[1]!.replace(/^begin$/, 'start'));
  const habit = timeTravelHabit(text) ?? breakOnAccess(text);
  if (habit) return habit;
  // gdb's hands print with p, WinDbg's step with it: what follows tells them apart.
  if (word === 'p' && rest !== '' && !/^[0-9]+$/.test(rest)) return { do: 'print', expression: rest };
  if (word === 'ugo') return gotoOf(rest.replace(/^bookmark\s+@?/, '@'));
  if (word === 'restart' || word === 'run') return gotoOf(rest === '' ? 'start' : restartTarget(rest));
  return specOf(word).parse(rest);
}

/** `print/x EXPR`. @throws ToolError command/usage */
function printedAs(format: string, expression: string): Command {
  if (['x', 'd', 't'].includes(format)) return { do: 'print', expression, format };
  throw usageError(`"${format}" is no format.`, { usage: 'print[/x|/d|/t] EXPR' });
}

/** WinDbg: `!tt` says where, `!tt 50` goes to 50 %, `!tt br- cr3` and `!tt ba- w ADDRESS LENGTH` to who wrote. */
function timeTravelHabit(text: string): Command | undefined {
  if (/^!(?:tt|positions)$/.test(text)) return { do: 'when' };
  const percent = /^!tt\s+([0-9]{1,2}(?:\.[0-9]+)?|100(?:\.0+)?)$/.exec(text)?.[1];
  if (percent !== undefined) return { do: 'goto', to: `${percent}%` };
  const written = /^!tt\s+(?:ba|br)(-?)\s+(?:w\s+)?(\S[\s\S]*?)$/.exec(text);
  if (!written) return undefined;
  const sized = /^(0x[0-9a-f]+)\s+(\w+)$/i.exec(written[2]!);
  return {
    do: written[1] === '-' ? 'last' : 'next-write',
    target: sized ? addressOf(sized[1]!, sized[2]!) : written[2]!,
  };
}

const gotoOf = (to: string): Command => byWord.get('goto')!.parse(to.trim());
