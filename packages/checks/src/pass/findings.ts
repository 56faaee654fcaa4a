import type { Culprit, Finding, Frame, OpenFinding, Report, Rule } from '../types.ts';

interface Draft extends Report {
  readonly rule: Rule;
  readonly calls: readonly number[];
  readonly culprit: Culprit | null;
  until: number;
  shown: number;
  readonly owned: number[];
}

/** The rules that report whatever was complained of; a finding that owns the call, or is of the same event, goes before. */
export const complaintRules: ReadonlySet<string> = new Set(['kernel-warning', 'kernel-bug', 'page-fault']);

/** Collects what the rules report in one pass. */
export class Findings {
  readonly #drafts: Draft[] = [];

  add(rule: Rule, report: Report): OpenFinding {
    const draft: Draft = {
      ...report,
      rule,
      calls: callsOf(report.frame),
      // Now, for the batch is at hand.
      culprit: culpritOf(report.frame),
      until: -1,
      shown: report.last,
      owned: [...(report.owns ?? [])],
    };
    this.#drafts.push(draft);
    return {
      end: (seq) => {
        if (draft.until < 0) draft.until = seq + 1;
      },
      seen: (seq) => {
        draft.shown = seq;
      },
      owns: (call) => void draft.owned.push(call),
    };
  }

  /** All findings in the order in which they began. */
  finish(length: number): readonly Finding[] {
    const owned = new Set(this.#drafts.flatMap((draft) => draft.owned));
    const explained = new Set(
      this.#drafts.filter(({ rule }) => !complaintRules.has(rule.name)).map(({ last }) => last),
    );
    const isOwned = (draft: Draft): boolean =>
      complaintRules.has(draft.rule.name) && (explained.has(draft.last) || draft.calls.some((call) => owned.has(call)));
    const kept = this.#drafts.filter((draft) => !isOwned(draft));
    return kept.map((draft) => findingOf(draft, length)).toSorted((a, b) => a.first - b.first || a.last - b.last);
  }
}

function findingOf(draft: Draft, length: number): Finding {
  const { rule, message, first, culprit, details = [] } = draft;
  const lasting = draft.until < 0;
  return {
    rule: rule.name,
    severity: rule.severity,
    message,
    first,
    last: draft.shown,
    span: { from: first + 1, to: lasting ? length + 1 : Math.max(draft.until, first + 2) },
    lasting,
    culprit,
    details,
  };
}

const framesOf = (frame: Frame | null): Frame[] => {
  const frames: Frame[] = [];
  for (let at = frame; at; at = at.outer) frames.unshift(at);
  return frames;
};

const callsOf = (frame: Frame | null): readonly number[] => framesOf(frame).map(({ seq }) => seq);

function culpritOf(frame: Frame | null): Culprit | null {
  const frames = framesOf(frame);
  const outermost = frames[0];
  if (!outermost) return null;
  const { seq, fn, args, caller, origin } = outermost;
  return { seq, fn, args, caller, origin, chain: frames.map((one) => one.fn) };
}
