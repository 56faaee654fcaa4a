// tools/ci.ts REPORT STEP=CODE...: sums up a CI run. REPORT is what vitest's JSON reporter wrote, each STEP=CODE one
// command with its exit code. Prints the steps, then "N passed, N failed" as the last line.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The part of vitest's JSON report that is read here. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

export interface Step {
  readonly name: string;
  readonly code: number;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Sentences about failures that are not a failed test. */
  readonly problems: readonly string[];
}

/** Counts tests, and as one failure each: a test file that could not be loaded, and a step that failed by itself. */
export function summarize(report: Report | null, steps: readonly Step[]): Summary {
  const broken = (report?.testResults ?? [])
    .filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    .map((file) => `${file.name} could not be loaded`);
  const failedTests = report?.numFailedTests ?? 0;
  // A failed test already explains why the step that ran it failed.
  const explained = failedTests + broken.length > 0;
  const failedSteps = steps
    .filter((step) => step.code !== 0 && !(step.name === 'test' && explained))
    .map((step) => `${step.name} ended with exit code ${step.code}`);
  const nothingRan = (report?.numPassedTests ?? 0) === 0 && failedTests === 0 ? ['no test was run'] : [];
  const problems = [...broken, ...failedSteps, ...nothingRan];
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failedTests + problems.length,
    skipped: report?.numPendingTests ?? 0,
    problems,
  };
}

export function closingLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function readReport(path: string): Report | null {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  // The file is made before the tests run; it stays empty when vitest did not come to its end.
  return text === '' ? null : (JSON.parse(text) as Report);
}

function stepOf(argument: string): Step {
  const at = argument.lastIndexOf('=');
  return { name: argument.slice(0, at), code: Number(argument.slice(at + 1)) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [path = '', ...outcomes] = process.argv.slice(2);
  const steps = outcomes.map(stepOf);
  for (const step of steps) console.log(`${step.name}: ${step.code === 0 ? 'ok' : 'FAILED'}`);
  const summary = summarize(readReport(path), steps);
  for (const problem of summary.problems) console.log(`failed: ${problem}`);
  console.log(closingLine(summary));
  process.exitCode = summary.failed === 0 ? 0 : 1;
}
