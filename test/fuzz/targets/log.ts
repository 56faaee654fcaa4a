import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseBootLog } from '@kwind/importers';
import { refusal, type Subject, type Target } from '../fuzzer.ts';
import { mutateLines, window } from '../mutate.ts';
import type { Random } from '../random.ts';
import { runCli } from '../run-cli.ts';
import { traces } from '../places.ts';

/** The whole way of an import costs a hundred times as much as the parser alone. */
const WHOLE = 25;
const MOST_LINES = 400;

const textOf = (name: string): string => gunzipSync(readFileSync(join(traces, 'logs', name))).toString('utf8');

export const logTarget: Target = {
  name: 'log',
  about: 'boot logs: parsed, and imported through the model',
  prepare(folder: string): Subject {
    const texts = ['q35-nokaslr.log.gz', 'q35-kaslr.log.gz', 'pc-generic-6.1.0-56.log.gz'].map(textOf);
    return {
      async one(random: Random) {
        const base = random.pick(texts);
        const text = mutateLines(random.oneIn(10) ? base.slice(0, 200_000) : window(base, random, MOST_LINES), random);
        const code = refusal(() => void parseBootLog(text, { name: 'fuzz.log' }));
        if (!random.oneIn(WHOLE)) return code || 'parsed';
        const exit = await runCli(['import', '-', '-o', 'log.kwind', '--force'], folder, text);
        return `import: exit ${exit}`;
      },
    };
  },
};
