export type { Culprit, Detail, Finding, Frame, Moment, OpenFinding, Report, Rule, Severity, Watch } from './types.ts';
export { EntryRow } from './pass/entry-row.ts';
export type { EntryKind, EntrySide } from './pass/entry-kind.ts';
export { runRules, type PassOptions } from './pass/run.ts';
export { rules } from './rules/index.ts';
export { applySilences, parseSilence, selectRules, type Silence } from './select.ts';
export { sarifOf, type SarifContext } from './sarif.ts';
export { learn, regressions, type Baseline, type Learned, type Regression } from './baseline/baseline.ts';
export { baselineText, parseBaseline } from './baseline/file.ts';
