import { closeSync, openSync, writeSync } from 'node:fs';
import { STDOUT } from '../argv.ts';
import { UsageError } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { note, print } from '../output.ts';
import { count } from '../render/table.ts';
import { traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

/** Of the whole trace, and of the machine at one position. */
const whole = ['jsonl', 'ndjson', 'sqlite'] as const;
const texts = ['ptdump', 'iomem', 'ioports'] as const;

export const exportCommand = defineCommand({
  usage: 'export <trace>',
  doc: 'write a trace in another format',
  examples: [
    { command: 'export boot.kwind --to jsonl', what: 'header and events as lines of JSON' },
    { command: 'export boot.kwind --to jsonl -o boot.jsonl', what: 'into a file; kwind import reads it back' },
    { command: 'export boot.kwind --to sqlite -o boot.db', what: 'plain tables that any SQLite reads' },
    { command: 'export boot.kwind --to ptdump --at 640', what: 'as debugfs page_tables/kernel shows it there' },
    { command: 'export boot.kwind --to iomem --unprivileged', what: '/proc/iomem as an ordinary user reads it' },
  ],
  build: (yargs) =>
    yargs.positional('trace', traceArgument).options({
      to: {
        choices: [...whole, ...texts],
        demandOption: true,
        requiresArg: true,
        describe: 'format (ndjson is another name of jsonl)',
      },
      at: {
        type: 'string',
        requiresArg: true,
        describe: 'position of ptdump, iomem and ioports: 640, end-10, phase:NAME; the end without it',
      },
      unprivileged: {
        type: 'boolean',
        default: false,
        describe: 'iomem and ioports as a user without CAP_SYS_ADMIN reads them',
      },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'file to write instead of standard output' },
      force: { alias: 'f', type: 'boolean', default: false, describe: 'replace the file if it exists' },
    }),
  run: async (args, io) => {
    const format = texts.find((name) => name === args.to);
    if (format === undefined && (args.at !== undefined || args.unprivileged)) {
      const option = args.unprivileged ? '--unprivileged' : '--at';
      throw new UsageError(`${option} makes no difference to ${args.to}.`, `It goes with ${texts.join(', ')}.`);
    }
    if (format === 'ptdump' && args.unprivileged) {
      throw new UsageError('--unprivileged makes no difference to ptdump.', 'It goes with iomem and ioports.');
    }
    if (args.to === 'sqlite') return (await import('../querying/plain.ts')).exportPlain(io, args);
    return format === undefined ? exportEvents(io, args) : exportText(io, args, format);
  },
});

interface Target {
  readonly trace: string;
  readonly output?: string | undefined;
  readonly force: boolean;
}

async function exportEvents(io: Io, target: Target): Promise<number> {
  const { ndjsonLines } = await import('@kwind/exporters');
  const { openTrace } = await import('@kwind/trace');
  const reader = openTrace(pathOf(io, target.trace));
  try {
    await deliver(io, target, ndjsonLines(reader), count(reader.length, 'event'));
  } finally {
    reader.close();
  }
  return 0;
}

async function exportText(
  io: Io,
  target: Target & { readonly at?: string | undefined; readonly unprivileged: boolean },
  format: (typeof texts)[number],
): Promise<number> {
  const { openSession } = await import('../open-session.ts');
  const { session, reader } = openSession(io, target.trace, { at: target.at ?? 'end' });
  try {
    const argument = target.unprivileged ? 'unprivileged' : '';
    const view = session.dispatch({ do: 'info', topic: format, argument });
    const lines = 'text' in view && view.text !== '' ? view.text.replace(/\n$/, '').split('\n') : [];
    await deliver(io, target, lines, `${count(lines.length, 'line')} at position ${session.place.position}`);
  } finally {
    reader.close();
  }
  return 0;
}

/** To standard output, or into the file and a word about it. */
async function deliver(io: Io, { output, force }: Target, lines: Iterable<string>, what: string): Promise<void> {
  if (output === undefined || output === STDOUT) return print(io, lines);
  await writeFile(pathOf(io, output), output, force, lines);
  await note(io, `${output}: ${what}`);
}

const CHUNK_LINES = 1000;

async function writeFile(path: string, shown: string, force: boolean, lines: Iterable<string>): Promise<void> {
  const { ToolError } = await import('@kwind/x86/errors');
  const { refuseFolder } = await import('../output-file.ts');
  try {
    const file = openSync(path, force ? 'w' : 'wx');
    try {
      let chunk: string[] = [];
      for (const line of lines) {
        if (chunk.push(line, '\n') >= 2 * CHUNK_LINES) {
          writeSync(file, chunk.join(''));
          chunk = [];
        }
      }
      writeSync(file, chunk.join(''));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    refuseFolder(path, shown, cause);
    if (code === 'EEXIST')
      throw new ToolError(
        'io/unwritable',
        `${shown} exists already.`,
        'Choose another name, or replace it with --force.',
        { cause },
      );
    if (code === undefined || !code.startsWith('E')) throw cause;
    throw new ToolError(
      'io/unwritable',
      `${shown} cannot be written: ${message}.`,
      'Check the folder and its permissions.',
      { cause },
    );
  }
}
