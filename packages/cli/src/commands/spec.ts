import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Io } from '../io.ts';

export interface Example {
  /** Without the leading `kwind`. */
  readonly command: string;
  readonly what: string;
}

/** One `kwind` verb. */
export interface CommandSpec {
  /** As yargs writes it: `log <trace> [range]`. */
  readonly usage: string;
  /** One line. */
  readonly doc: string;
  readonly examples: readonly Example[];
  readonly build: (yargs: Argv) => Argv;
  /** Loads what it needs when it runs, so that `--help` loads nothing. Returns the exit code. */
  readonly run: (args: never, io: Io) => Promise<number>;
}

interface TypedSpec<A> extends Omit<CommandSpec, 'build' | 'run'> {
  readonly build: (yargs: Argv) => Argv<A>;
  readonly run: (args: ArgumentsCamelCase<A>, io: Io) => Promise<number>;
}

/** Ties the types of the options to the handler, then forgets them. */
export function defineCommand<A>(spec: TypedSpec<A>): CommandSpec {
  return spec as unknown as CommandSpec;
}

export const nameOf = (spec: CommandSpec): string => spec.usage.split(' ', 1)[0]!;
