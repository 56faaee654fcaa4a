import { didYouMean, ToolError } from '@kwind/x86';
import { rules } from './rules/index.ts';
import type { Finding, Rule } from './types.ts';

const names = rules.map(({ name }) => name);

function known(name: string): string {
  if (names.includes(name)) return name;
  throw new ToolError(
    'option/invalid',
    `there is no rule "${name}".`,
    didYouMean(name, names, 'kwind check --list shows the rules.'),
  );
}

/**
 * The rules that a user asked for: only `wanted` if any is named, without `unwanted`.
 * @throws ToolError option/invalid for a name that no rule has
 */
export function selectRules(wanted: readonly string[], unwanted: readonly string[]): readonly Rule[] {
  const [only, without] = [wanted.map(known), unwanted.map(known)];
  return rules.filter(({ name }) => (only.length === 0 || only.includes(name)) && !without.includes(name));
}

/** "Findings of this rule that begin in this span are known, and here is why." */
export interface Silence {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/**
 * Read `RULE=REASON` or `RULE@A..B=REASON`; `parse` reads the positions.
 * @throws ToolError option/invalid
 */
export function parseSilence(
  text: string,
  parse: (range: string) => { readonly from: number; readonly to: number },
): Silence {
  const match = /^([\w-]+)(?:@([^=]+))?=(.*)$/s.exec(text.trim());
  const [, rule = '', range = '..', reason = ''] = match ?? [];
  if (!match || reason.trim() === '') {
    throw new ToolError(
      'option/invalid',
      `"${text.trim()}" does not say what to silence and why.`,
      "Write RULE=REASON or RULE@A..B=REASON: 'stale-tlb@1200..1300=the page is not used on this CPU'.",
    );
  }
  return { rule: known(rule), reason: reason.trim(), ...parse(range) };
}

/** The findings, each that a silence covers marked with its reason. */
export const applySilences = (findings: readonly Finding[], silences: readonly Silence[]): readonly Finding[] =>
  findings.map((finding) => {
    const silence = silences.find(
      ({ rule, from, to }) => rule === finding.rule && finding.last >= from && finding.last < to,
    );
    return silence ? { ...finding, silenced: silence.reason } : finding;
  });
