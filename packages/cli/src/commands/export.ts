import { closeSync, openSync, writeSync } from 'node:fs';
import { STDOUT } from '../argv.ts';
import { pathOf } from '../files.ts';
import { note, print } from '../output.ts';
import { traceArgument } from './options.ts';
import { defineCommand } from './spec.ts';

export const exportCommand = defineCommand({
  usage: 'export <trace>',
  doc: 'write a trace in another format',
  examples: [
    { command: 'export boot.kwind --to jsonl', what: 'header and events as lines of JSON' },
    { command: 'export boot.kwind --to jsonl -o boot.jsonl', what: 'into a file; kwind import reads it back' },
  ],
  build: (yargs) =>
    yargs.positional('trace', traceArgument).options({
      to: {
        choices: ['jsonl', 'ndjson'] as const,
        demandOption: true,
        requiresArg: true,
        describe: 'format (ndjson is another name of jsonl)',
      },
      output: { alias: 'o', type: 'string', requiresArg: true, describe: 'file to write instead of standard output' },
      force: { alias: 'f', type: 'boolean', default: false, describe: 'replace the file if it exists' },
    }),
  run: async (args, io) => {
    const { ndjsonLines } = await import('@kwind/exporters');
    const { openTrace } = await import('@kwind/trace');
    const reader = openTrace(pathOf(io, args.trace));
    try {
      if (args.output === undefined || args.output === STDOUT) await print(io, ndjsonLines(reader));
      else {
        await writeFile(pathOf(io, args.output), args.output, args.force, ndjsonLines(reader));
        await note(io, `${args.output}: ${reader.length.toLocaleString('en-US')} events`);
      }
    } finally {
      reader.close();
    }
    return 0;
  },
});

const CHUNK_LINES = 1000;

async function writeFile(path: string, shown: string, force: boolean, lines: Iterable<string>): Promise<void> {
  const { ToolError } = await import('@kwind/x86');
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
