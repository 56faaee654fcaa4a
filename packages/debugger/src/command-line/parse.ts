import { didYouMean, ToolError } from '@kwind/x86';
import type { CommandHelp } from '../answers.ts';
import type { Command } from '../protocol.ts';
import { movingCommands, restartTarget } from './moving.ts';
import { questionCommands } from './questions.ts';
import { sessionCommands } from './session.ts';
import { firstWord, type CommandSpec } from './spec.ts';
import { stopCommands } from './stops.ts';

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
 * of other debuggers are taken as meant: `!tt 50%`, `record goto 120`, `x/4gx …`, `p EXPR`.
 * @throws ToolError command/unknown with the nearest spelling; command/usage with the usage
 */
export function parseCommand(line: string): Command {
  const text = line.trim();
  const [word, rest] = firstWord(text);
  if (word === '') throw new ToolError('command/usage', 'there is no command.', 'help lists them.');
  const examined = /^x(\/[\s\S]*)$/.exec(text);
  if (examined) return byWord.get('x')!.parse(examined[1]!);
  const recorded = /^rec(?:ord)?\s+goto\s+([\s\S]+)$/.exec(text);
  if (recorded) return gotoOf(recorded[1]!.replace(/^begin$/, 'start'));
  const timed = /^!tt\s+(?:ba|br)(-?)\s+(?:w\s+)?([\s\S]+)$/.exec(text);
  if (timed) return { do: timed[1] === '-' ? 'last' : 'next-write', target: timed[2]!.trim() };
  // gdb's hands print with p, WinDbg's step with it: what follows tells them apart.
  if (word === 'p' && rest !== '' && !/^[0-9]+$/.test(rest)) return { do: 'print', expression: rest };
  if (word === 'restart' || word === 'run') return gotoOf(rest === '' ? 'start' : restartTarget(rest));
  return specOf(word).parse(rest);
}

const gotoOf = (to: string): Command => byWord.get('goto')!.parse(to.trim());
