import { ToolError } from '@kwind/x86';
import type { Fact } from './boot-facts.ts';
import { assembleFacts } from './assemble.ts';
import { notesOfLog } from './log-notes.ts';
import { bootsOf, type Boot } from './repeats.ts';
import { resolve } from './resolve.ts';
import { scanLog, type Scan } from './scan.ts';
import type { AssumedReason, BootLog, BootLogCounts, LoggedCall } from './types.ts';

export interface BootLogOptions {
  /** Name of the log in origins, notes and errors. */
  readonly name?: string;
}

/** The first boot that is there from its start, else the first of which there is something. */
function chosenOf(boots: readonly Boot[], facts: readonly Fact[]): Boot | undefined {
  const withCalls = boots.filter(({ sightings }) => sightings.length > 0);
  return withCalls.find((boot) => openingOf(boot, facts) === 'before-debug') ?? withCalls[0];
}

function nothingFound(name: string, scan: Scan): ToolError {
  const commandLine = scan.facts.find(
    (fact): fact is Extract<Fact, { kind: 'command-line' }> => fact.kind === 'command-line',
  );
  const isKernelLog = scan.stamped || scan.facts.length > 0;
  if (!isKernelLog) {
    const hint = 'Give the output of dmesg or of the serial console of a kernel booted with early_ioremap_debug.';
    const what =
      scan.nrLines > 1
        ? `none of its ${scan.nrLines} lines is from a kernel log`
        : 'it is empty, or one line that is not from a kernel log';
    return new ToolError('import/format', `${name}: ${what}.`, hint);
  }
  const isAsked = commandLine?.text.split(/\s+/).includes('early_ioremap_debug') === true;
  const hint = isAsked
    ? 'The kernel was asked for them, so they were lost: boot with ignore_loglevel and a larger log_buf_len, or log the serial console.'
    : 'Boot the kernel with early_ioremap_debug on its command line.';
  return new ToolError(
    'import/nothing-found',
    `${name}: no line of its ${scan.nrLines} is an early_ioremap debug message.`,
    hint,
  );
}

/** Why slots may be in use before the first message that was logged. */
function openingOf(boot: Boot, facts: readonly Fact[]): AssumedReason {
  const first = boot.sightings[0]?.line ?? 0;
  const startSeen = facts.some(
    ({ kind, line }) => (kind === 'version' || kind === 'command-line') && line >= boot.from && line < first,
  );
  const lostBefore = boot.losses.some(({ line }) => line < first);
  return startSeen && !lostBefore ? 'before-debug' : 'starts-late';
}

function countsOf(calls: readonly LoggedCall[], boot: Boot, scan: Scan, stillMapped: number): BootLogCounts {
  const seen = (what: string): number => calls.filter((call) => call.kind === 'seen' && call.what === what).length;
  const repeated = boot.repeats.reduce((sum, { nrCalls }) => sum + nrCalls, scan.nrDoubled);
  const assumed = calls.filter(({ kind }) => kind === 'assumed').length;
  return {
    maps: seen('map'),
    unmaps: seen('unmap'),
    refused: seen('map-refused') + seen('unmap-refused'),
    assumed,
    repeated,
    stillMapped,
  };
}

/**
 * Read the log of a kernel that was booted with `early_ioremap_debug`.
 *
 * @param input  the whole text, or its lines
 * @returns the calls in order with what the log claims of each, and what is missing, repeated or contradictory in it
 * @throws ToolError import/format when it is no kernel log, import/nothing-found when it has no debug messages
 * @kernel mm/early_ioremap.c: the messages of __early_ioremap(), early_iounmap() and check_early_ioremap_leak()
 */
export function parseBootLog(input: string | Iterable<string>, options: BootLogOptions = {}): BootLog {
  const name = options.name ?? 'log';
  const scan = scanLog(input);
  const boots = bootsOf(scan.segments);
  const boot = chosenOf(boots, scan.facts);
  if (!boot) throw nothingFound(name, scan);
  const to = boots[boots.indexOf(boot) + 1]?.from ?? Infinity;
  const facts = scan.facts.filter(({ line }) => line >= boot.from && line < to);
  const opening = openingOf(boot, facts);
  const lateInit = facts.find(({ kind }) => kind === 'late-init')?.line ?? 0;
  const { calls, silentWarnings, notes, nrStillMapped } = resolve(boot, name, opening, lateInit);
  const allNotes = [...notesOfLog(scan, boots, boot, opening), ...notes].toSorted((a, b) => a.line - b.line);
  return {
    name,
    nrLines: scan.nrLines,
    ...assembleFacts(facts, boot.sightings),
    calls,
    silentWarnings,
    notes: allNotes,
    counts: countsOf(calls, boot, scan, nrStillMapped),
  };
}
