import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killOnce } from './testing/kill.ts';
import { makeFolder, randomFrom, removeFolders } from './testing/sample.ts';

afterAll(removeFolders);

const rounds = Number(process.env['KWIND_KILLS'] ?? 200);
const seed = Date.now() % 1e9;

describe(`${rounds} recorders killed at random moments (seed ${seed})`, () => {
  it('each leave a trace that opens and holds all that was committed', { timeout: rounds * 20_000 }, async () => {
    const path = join(makeFolder(), 'boot.kwind');
    const random = randomFrom(seed);
    const tally = { finished: 0, recording: 0 };
    for (let round = 0; round < rounds; round++) {
      const batch = [3, 60, 500, 4096][random(4)]!;
      // A third of them near their end: sealing, leaving WAL mode.
      const events = random(3) === 0 ? batch * (1 + random(60)) : 1e9;
      const killing = { path, batch, events, afterMs: random(250), following: random(3) === 0 };
      const remains = await killOnce(killing);
      expect({ killing, ...remains }).toMatchObject({ ok: true, problems: [], isPrefix: true });
      expect(remains.events).toBeGreaterThanOrEqual(remains.committed);
      tally[remains.finished ? 'finished' : 'recording']++;
    }
    expect(tally.finished).toBeGreaterThan(0);
    expect(tally.recording).toBeGreaterThan(0);
  });
});
