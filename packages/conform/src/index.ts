export { conform } from './conform.ts';
export type { ConformDisagreement, ConformReport, Given, GivenReason, KindAgreement } from './report.ts';
