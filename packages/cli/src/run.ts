import { dispatch, NO_COMMAND } from './cli.ts';
import { allCommands } from './commands/index.ts';
import { nameOf, type CommandSpec } from './commands/spec.ts';
import { normaliseArgv } from './argv.ts';
import { bisectExitCode, exitCodes, UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { ClosedPipe, print, write } from './output.ts';
import { report } from './report.ts';

export async function run(argv: readonly string[], io: Io): Promise<number> {
  const words = normaliseArgv(argv);
  const code = await runWords(words, io);
  return words.includes('--bisect-exit') ? bisectExitCode(code) : code;
}

/** Verbs whose exit code says whether something holds: cut off by `| head`, none of them may say that all is well. */
const verdicts: ReadonlySet<string> = new Set([
  'assert',
  'bisect',
  'check',
  'conform',
  'diff',
  'import',
  'record',
  'regress',
  'verify',
]);

async function runWords(words: readonly string[], io: Io): Promise<number> {
  const view = withColourFlag(words, io);
  try {
    const { text, code } = await dispatch(words, view);
    if (text !== '') await print(view, [text]);
    return code;
  } catch (error) {
    if (error instanceof UsageError) return await reportUsage(error, words, view);
    if (error instanceof ClosedPipe && verdicts.has(words[0] ?? '')) return exitCodes.unread;
    return await report(error, view);
  }
}

/** `--color` and `--no-color` are FORCE_COLOR and NO_COLOR under another name. */
function withColourFlag(words: readonly string[], io: Io): Io {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  const last = options.findLast((word) => word === '--color' || word === '--no-color');
  if (last === undefined) return io;
  return { ...io, env: { ...io.env, FORCE_COLOR: last === '--color' ? '1' : '0' } };
}

async function reportUsage(error: UsageError, words: readonly string[], io: Io): Promise<number> {
  if (error.message === NO_COMMAND) {
    const { text } = await dispatch(['--help'], io);
    await write(io.stderr, `${text}\n`);
    return exitCodes.usage;
  }
  return report(await explained(error, words), io);
}

/** yargs' wording is about arguments and counts; ours is about the command. */
async function explained(error: UsageError, words: readonly string[]): Promise<UsageError> {
  if (error.hint !== '') return error;
  const word = words.find((candidate) => !candidate.startsWith('-')) ?? '';
  const spec = (await allCommands()).find((candidate) => nameOf(candidate) === word);
  if (spec === undefined) return unknownCommand(word);
  const help = `kwind ${nameOf(spec)} --help shows its options and examples.`;
  if (error.message.startsWith('Not enough non-option arguments')) {
    return new UsageError(`something is missing: kwind ${spec.usage}`, help);
  }
  const strange = await unknownOption(spec, words);
  if (strange !== undefined) return unknownArgument(spec, strange, words, help);
  const missing = /^Missing required arguments?: (.+)$/.exec(error.message)?.[1];
  if (missing !== undefined)
    return new UsageError(
      `kwind ${nameOf(spec)} needs ${missing
        .split(', ')
        .map((name) => `--${name}`)
        .join(' and ')}.`,
      help,
    );
  const choice = /^Invalid values: Argument: (\S+), Given: "(.*)", Choices: (.+)$/.exec(error.message);
  if (choice !== null) return unknownChoice(choice);
  const unknown = /^Unknown arguments?: (\S+?)(?:,|$)/.exec(error.message)?.[1];
  if (unknown !== undefined) return unknownArgument(spec, unknown, words, help);
  return new UsageError(`${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`, help);
}

async function unknownCommand(word: string): Promise<UsageError> {
  const { didYouMean } = await import('@kwind/x86');
  const names = (await allCommands()).map(nameOf);
  return new UsageError(`there is no command "${word}".`, didYouMean(word, names, 'kwind --help lists the commands.'));
}

/** An option that a command does not have: yargs would first complain of those that are missing. */
async function unknownOption(spec: CommandSpec, words: readonly string[]): Promise<string | undefined> {
  const { optionsOf } = await import('./cli.ts');
  const known = new Set([...optionsOf(spec), 'help', 'version', 'color']);
  const end = words.indexOf('--');
  return words
    .slice(0, end < 0 ? words.length : end)
    .flatMap((word) => /^--(?:no-)?([a-z][\w-]*)(?:=|$)/i.exec(word)?.[1] ?? [])
    .find((name) => !known.has(name) && !known.has(`no-${name}`));
}

async function unknownChoice([, name, given, quoted]: readonly string[]): Promise<UsageError> {
  const { didYouMean } = await import('@kwind/x86');
  const choices = quoted!.split(', ').map((word) => word.replaceAll('"', ''));
  const few = choices.length === 1 ? `It is ${choices[0]}.` : `It is one of ${choices.join(', ')}.`;
  const isWord = ['view', 'action'].includes(name!);
  const message = isWord ? `"${given}" is no ${name}.` : `--${name} cannot be "${given}".`;
  return new UsageError(message, didYouMean(given!, choices, few));
}

async function unknownArgument(
  spec: CommandSpec,
  name: string,
  words: readonly string[],
  help: string,
): Promise<UsageError> {
  const asOption = words.find(
    (word) => word.replace(/^--?(?:no-)?/, '').split('=', 1)[0] === name && word.startsWith('-'),
  );
  if (asOption === undefined)
    return new UsageError(`kwind ${nameOf(spec)} cannot take "${name}" as well: kwind ${spec.usage}`, help);
  const { optionsOf } = await import('./cli.ts');
  const { didYouMean } = await import('@kwind/x86');
  const options = optionsOf(spec);
  // Any short word is near to a letter alone: there, only what begins with it.
  const [one, ...more] = options.filter((option) => name.length === 1 && option.startsWith(name));
  const near = name.length > 1 ? didYouMean(name, options) : one && more.length === 0 ? `Did you mean ${one}?` : '';
  return new UsageError(
    `kwind ${nameOf(spec)} has no option ${asOption.split('=', 1)[0]}.`,
    near === '' ? help : near.replace('mean ', 'mean --'),
  );
}
