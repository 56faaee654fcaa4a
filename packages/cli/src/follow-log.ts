import { setTimeout as sleep } from 'node:timers/promises';
import type { SqliteTraceReader } from '@kwind/trace';
import { parseNumber } from '@kwind/x86';
import { UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { logLines, selectEvents, type LogOptions } from './log.ts';
import { note, print } from './output.ts';
import { eventsNamed } from './positions.ts';
import { isBeingRecorded } from './recording-state.ts';

const EVERY_MS = 100;

/**
 * List events as they are recorded, from the start of the range on; ends when the recorder is done or gone.
 * @throws UsageError for a range with an end, and for --reverse
 */
export async function followLog(
  io: Io,
  reader: SqliteTraceReader,
  options: LogOptions & { readonly json: boolean; readonly wide: boolean },
): Promise<number> {
  if (options.reverse) throw new UsageError('--follow and --reverse contradict each other.', 'Leave one of them away.');
  if (!options.range.endsWith('..')) {
    throw new UsageError(`${options.range} has an end, and --follow has none.`, 'Give a range such as 1000.. or end..');
  }
  let left = options.number === undefined ? Infinity : Number(parseNumber(options.number, '--number'));
  let { from } = eventsNamed(options.range, reader) as { from: number };
  for (;;) {
    // Asked before the refresh: what a recorder wrote last must not be missed.
    const recording = isBeingRecorded(reader);
    reader.refresh();
    const to = reader.length;
    if (to > from) {
      const found = [
        ...(await selectEvents(reader, {
          ...options,
          range: `${from}..${to}`,
          number: left === Infinity ? undefined : String(left),
        })),
      ];
      await print(io, logLines(io, reader, found, options).lines);
      left -= found.length;
      from = to;
    }
    if (left <= 0) return 0;
    if (!recording) break;
    await sleep(EVERY_MS);
  }
  if (!reader.finished) await note(io, 'The recorder is gone and has not closed the trace: this is all that it wrote.');
  return 0;
}
