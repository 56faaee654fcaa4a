import yargs, { type Argv } from 'yargs';
import { commandsFor } from './commands/index.ts';
import { repeatable } from './commands/options.ts';
import type { CommandSpec } from './commands/spec.ts';
import { UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { widthOf } from './terminal.ts';
import { version } from './version.ts';

const WIDEST_HELP = 100;
const NARROWEST_HELP = 80;

/** What running a command line comes to: text that yargs wants printed (help, version, completions), or an exit code. */
export interface Outcome {
  readonly text: string;
  readonly code: number;
}

/** Thrown to leave yargs with a command: it would lay out the help text next, wanted or not, a tenth of a start. */
class Chosen {
  readonly run: () => Promise<number>;

  constructor(run: () => Promise<number>) {
    this.run = run;
  }
}

/**
 * Parse a command line and run its command.
 * @throws UsageError; whatever the command throws
 */
export async function dispatch(argv: readonly string[], io: Io): Promise<Outcome> {
  let text = '';
  const parser = configure(yargs([...argv]), io);
  for (const spec of await commandsFor(argv)) {
    parser.command(
      spec.usage,
      spec.doc,
      (inner) => withExamples(spec.build(inner), spec),
      (args) => {
        throw new Chosen(() => spec.run(args as never, io));
      },
    );
  }
  try {
    await parser.parseAsync([...argv], {}, (_error: unknown, _args: unknown, output: string) => {
      text = output;
    });
  } catch (left) {
    if (left instanceof Chosen) return { text: '', code: await left.run() };
    throw left;
  }
  return { text, code: 0 };
}

function configure(parser: Argv, io: Io): Argv {
  return parser
    .scriptName('kwind')
    .locale('en')
    .exitProcess(false)
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'greedy-arrays': false })
    .middleware(keepLast, true)
    .usage('kwind: record, inspect and time-travel the early memory mapping of x86-64 Linux\n\n$0 <command>')
    .epilogue('kwind <command> --help shows options and examples. Start with: kwind demo')
    .option('color', { type: 'boolean', hidden: true })
    .completion('completion', 'print a completion script for bash or zsh')
    .version(version)
    .alias('version', 'V')
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, NO_COMMAND)
    .recommendCommands()
    .wrap(Math.max(NARROWEST_HELP, Math.min(WIDEST_HELP, widthOf(io))))
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      // yargs spreads some messages over indented lines; an error of ours is one sentence.
      throw new UsageError((message ?? error.message).replace(/\s*\n\s*/g, ' '));
    });
}

/** Marks the error of an empty command line, which is answered with the help text. */
export const NO_COMMAND = 'no command given';

function withExamples(parser: Argv, spec: CommandSpec): Argv {
  for (const { command, what } of spec.examples) parser.example(`$0 ${command}`, what);
  return parser;
}

/** Of an option given twice the last counts, as everywhere; yargs would hand over both as an array. */
function keepLast(args: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(args)) {
    if (Array.isArray(value) && !repeatable.has(key)) args[key] = value.at(-1);
  }
}

/** The long options of a command, for spelling suggestions. */
export function optionsOf(spec: CommandSpec): readonly string[] {
  const parser = spec.build(yargs([])) as unknown as {
    getOptions(): { readonly key: Readonly<Record<string, unknown>> };
  };
  return Object.keys(parser.getOptions().key).filter((name) => name.length > 1);
}
