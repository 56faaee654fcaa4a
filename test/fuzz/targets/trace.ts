import { join } from 'node:path';
import { verifyTrace } from '@kwind/trace';
import { codeOf, Finding, type Subject, type Target } from '../fuzzer.ts';
import type { Random } from '../random.ts';
import { runCli } from '../run-cli.ts';
import { answerOf } from './trace-answer.ts';
import { restore, writeBase } from './trace-base.ts';
import { mutations } from './trace-mutations.ts';

const WITH_COMMANDS = 12;
/** What people run on a file that they were sent. */
const commands: readonly (readonly string[])[] = [
  ['info'],
  ['info', '--json'],
  ['log'],
  ['log', '--json'],
  ['log', '--reverse', '--vaddr', '0xffffffffff200000'],
  ['show', 'summary'],
  ['show', 'slots', '--at', '50%'],
  ['show', 'warnings'],
  ['verify'],
  ['verify', '--json'],
  ['check'],
  ['export', '--to', 'jsonl'],
];

const judge = (action: () => string): string => {
  try {
    return action();
  } catch (error) {
    return codeOf(error);
  }
};

/** Names of mutations that were made, and what reader and verify say then. */
function oneCase(base: string, target: string, truth: string, random: Random): string {
  restore(base, target);
  const names = Array.from({ length: random.few(3) }, () => random.pick(Object.keys(mutations)));
  for (const name of names) mutations[name]!(target, random);
  const answer = judge(() => answerOf(target));
  const verdict = judge(() => (verifyTrace(target).ok ? 'intact' : 'trace/damaged'));
  const refused = /^[a-z]+\/[a-z-]+$/.test(answer);
  if (refused && verdict === 'intact') throw new Finding(`${names.join(', ')}: ${answer}, but verify finds nothing`);
  if (!refused && answer !== truth && verdict === 'intact')
    throw new Finding(`${names.join(', ')}: read as ${answer} instead of ${truth}, and verify finds nothing`);
  const told = refused ? 'refused' : answer === truth ? 'read as it was' : 'read otherwise';
  return `${told}, verify: ${verdict === 'trace/damaged' ? 'damaged' : verdict}`;
}

export const traceTarget: Target = {
  name: 'trace',
  about: 'trace files with damaged bytes, pages, rows, sizes and texts: reader, timeline, verify, commands',
  prepare(folder: string): Subject {
    const bases = [true, false].map((finished) => {
      const path = join(folder, finished ? 'finished.kwind' : 'unfinished.kwind');
      writeBase(path, finished);
      return { path, truth: answerOf(path) };
    });
    const target = join(folder, 'damaged.kwind');
    return {
      async one(random: Random) {
        const base = random.pick(bases);
        const outcome = oneCase(base.path, target, base.truth, random);
        if (random.oneIn(WITH_COMMANDS)) {
          const [verb, ...options] = random.pick(commands);
          const what = verb === 'show' ? [target, ...options] : [target, ...options];
          await runCli([verb!, ...what], folder);
        }
        return outcome;
      },
    };
  },
};
