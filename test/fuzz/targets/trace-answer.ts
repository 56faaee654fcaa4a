import { createHash } from 'node:crypto';
import { eventToJson } from '@kwind/events';
import { stateHash } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';

/** What people are told about a trace, as one text: header, every event, states here and there, searches. */
export function answerOf(path: string): string {
  const reader = openTrace(path);
  try {
    const hash = createHash('sha256');
    const { header, length, finished } = reader;
    hash.update(JSON.stringify([header, length, finished]));
    for (let seq = 0; seq < length;) {
      const batch = reader.batchContaining(seq);
      for (const event of batch) hash.update(JSON.stringify(eventToJson(event)));
      seq = batch.firstSeq + batch.length;
    }
    for (const { firstSeq, length: nr } of reader.batchesTouching({ slot: 0 }, Infinity, 'backward'))
      hash.update(`${firstSeq} ${nr} `);
    // Backward, so that each goes through the checkpoint before it and not through the state just made.
    const timeline = new Timeline(reader, profile(header.profile, header.options));
    for (const share of [1, 0.7, 0.4, 0]) hash.update(stateHash(timeline.at(Math.floor(length * share)).state));
    return `${length} events, ${hash.digest('hex')}`;
  } finally {
    reader.close();
  }
}
