import { createTrace, openTrace } from '@kwind/trace';

/** A copy of the first events of a trace, as a recorder that was stopped leaves it. Cut where the recorder cut. */
export function writeUnfinished(whole: string, path: string, atLeast: number): number {
  const reader = openTrace(whole);
  const writer = createTrace(path, reader.header, { force: true });
  while (writer.length < Math.min(atLeast, reader.length)) writer.append(reader.batchContaining(writer.length));
  reader.close();
  writer.abort();
  return writer.length;
}
