import { join } from 'node:path';
import {
  applySilences,
  baselineText,
  learn,
  parseBaseline,
  parseSilence,
  regressions,
  rules,
  runRules,
} from '@kwind/checks';
import { parseRange } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { Finding, refusal, type Subject, type Target } from '../fuzzer.ts';
import { edgeNumbers, hostile, mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { header, writeBase } from './trace-base.ts';

const silences = [
  'stale-tlb=the page is not used on this CPU',
  'stale-tlb@1200..1300=known',
  'leaked-early-mapping@start..end-10=a=b',
];
/** Of the two boots, mappings that each makes. */
const MAPPINGS = [3, 5] as const;
/** What a person changes of a baseline by hand, or a merge does. */
const values: readonly unknown[] = [null, true, -1, 0, 1e308, 2 ** 53, '', 'x', [], [null], [[1]], {}, [['0x1'], null]];

/** The same JSON with a value somewhere replaced, left out or moved to another key. */
function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || random.oneIn(6))
    return random.pick(values);
  if (Array.isArray(value)) {
    const at = random.below(Math.max(1, value.length));
    return random.oneIn(4) ? value.slice(0, at) : value.with(at, mutateJson(value[at], random));
  }
  const entries = Object.entries(value);
  const at = random.below(Math.max(1, entries.length));
  const [key, old] = entries[at] ?? ['key', null];
  if (random.oneIn(5)) return Object.fromEntries(entries.toSpliced(at, 1));
  if (random.oneIn(5))
    return Object.fromEntries([...entries, [random.pick(['__proto__', 'constructor', '', key]), old]]);
  return Object.fromEntries(entries.with(at, [key, mutateJson(old, random)]));
}

export const ruleTarget: Target = {
  name: 'rules',
  about: 'baselines and silences, and what is concluded from them',
  prepare(folder: string): Subject {
    const build = profile(header.profile, header.options);
    const [good, candidate] = MAPPINGS.map((mappings) => {
      const path = join(folder, `rules-${mappings}.kwind`);
      writeBase(path, true, mappings);
      return openTrace(path);
    }) as [ReturnType<typeof openTrace>, ReturnType<typeof openTrace>];
    const text = baselineText(learn(undefined, good, build));
    const findings = runRules(candidate, build, rules);
    const range = (words: string): { from: number; to: number } => {
      const { from, to } = parseRange(words, {
        current: 0,
        length: 100,
        bookmark: () => undefined,
        bookmarks: [],
        phase: () => undefined,
        phases: () => [],
      });
      return { from, to };
    };
    const judge = (changed: string): void => {
      const base = parseBaseline(changed, 'base.json');
      // What is read is written and read again as the same.
      const again = baselineText(parseBaseline(baselineText(base), 'again.json'));
      if (again !== baselineText(base)) throw new Finding('a baseline reads as another once it is written');
      for (const { what, seq } of regressions(base, candidate, build))
        if (what === '' || seq >= candidate.length) throw new Finding(`a difference without a place: ${what} #${seq}`);
    };
    return {
      one(random: Random) {
        if (random.oneIn(3)) {
          let words = mutateText(random.pick(silences), random);
          if (random.oneIn(5))
            words = Array.from({ length: random.below(6) }, () => random.pick([...edgeNumbers, ...hostile])).join('=');
          return `silence: ${refusal(() => void applySilences(findings, [parseSilence(words, range)])) || 'answered'}`;
        }
        const changed = random.oneIn(2)
          ? mutateText(text, random)
          : JSON.stringify(mutateJson(JSON.parse(text), random));
        return `baseline: ${refusal(() => judge(changed)) || 'answered'}`;
      },
      close: () => {
        good.close();
        candidate.close();
      },
    };
  },
};
