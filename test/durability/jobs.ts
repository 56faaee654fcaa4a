import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const traces = fileURLToPath(new URL('../../traces', import.meta.url));

/** A command line that makes a trace, and where in it the process dies. */
export interface Job {
  readonly name: string;
  readonly at: 'begin' | 'checkpoint' | 'closing';
  /** The command line that makes `path`. */
  readonly argv: (path: string) => readonly string[];
  /** Whether `kwind record --resume` can go on. */
  readonly resume?: (path: string) => readonly string[];
}

/** Mappings in the script: some hundred thousand events, many batches and checkpoints. */
const ROUNDS = 1200;
/** Of the capture, from its start. */
const RECORDS = 10_000;

/** The jobs, with what they need in `folder`. */
export function makeJobs(folder: string): readonly Job[] {
  const script = join(folder, 'many.kws');
  writeFileSync(
    script,
    `boot\nrepeat i in 0..${ROUNDS} {\n  a = early_ioremap(0xf0000 + i * 0x1000, 0x8000 + i % 7)\n  load(a)\n  early_iounmap(a, 0x8000 + i % 7)\n}\n`,
  );
  const record = (path: string): readonly string[] => ['record', script, '-o', path, '--force'];
  const resume = (path: string): readonly string[] => ['record', script, '--resume', path];
  const log = join(traces, 'logs', 'q35-nokaslr.log.gz');
  const capture = join(folder, 'events.jsonl');
  const bytes = readFileSync(join(traces, 'captures', 'q35-6.1.0-56', 'events.jsonl.gz'));
  writeFileSync(capture, gunzipSync(bytes).toString('utf8').split('\n').slice(0, RECORDS).join('\n'));
  return [
    { name: 'recording', at: 'begin', argv: record, resume },
    { name: 'checkpointing', at: 'checkpoint', argv: record, resume },
    { name: 'closing', at: 'closing', argv: record, resume },
    { name: 'importing a log', at: 'begin', argv: (path) => ['import', log, '-o', path, '--force'] },
    { name: 'importing a capture', at: 'begin', argv: (path) => ['import', capture, '-o', path, '--force'] },
  ];
}
