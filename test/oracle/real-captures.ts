import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { conform, type ConformReport } from '@kwind/conform';
import { parseCapture, shownPlaces, symbolNotes } from '@kwind/importers';
import { profile, type KernelProfile } from '@kwind/x86';
import type { Capture } from '@kwind/events';

const folder = new URL('../../traces/captures/', import.meta.url);
export const realCaptures = ['q35-6.1.0-56', 'pc-smp2-6.1.0-56', 'q35-6.1.0-47', 'q35-uefi-6.1.0-56', 'q35-smp4-6.1.0-56', 'q35-kaslr-6.12.117'] as const;

export const besideCapture = (name: string, file: string): string => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
export const captureText = (name: string): string => gunzipSync(readFileSync(new URL(`${name}/events.jsonl.gz`, folder))).toString('utf8');

export interface LoadedCapture {
  readonly capture: Capture;
  readonly profile: KernelProfile;
}

/** A capture with the build that it and its notes show. */
export function loadCapture(name: string, text = captureText(name), withNotes = true): LoadedCapture {
  const capture = parseCapture(text, { name });
  const notes = withNotes ? symbolNotes(JSON.parse(besideCapture(name, 'meta.json'))) : {};
  return { capture, profile: profile(name.includes('6.12') ? 'linux-6.12' : 'linux-6.1', shownPlaces(capture, notes).map(({ option }) => option)) };
}

export function conformText(name: string, text: string, withNotes = true): ConformReport {
  const loaded = loadCapture(name, text, withNotes);
  return conform(loaded.capture, loaded.profile);
}

/** A line of a capture, to be changed. */
export interface Line {
  n: number;
  f: string;
  a?: string[];
  s?: string[];
  of?: number;
  r?: string;
  res?: { start: string; end: string; name: string | null; flags: string }[];
  name?: string;
}

export const linesOf = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** Lines as a capture again, numbered anew so that nothing but the change itself shows. */
export function renumbered(lines: readonly Line[]): string {
  const numbers = new Map(lines.map((line, i) => [line.n, i]));
  return lines.map((line, n) => `${JSON.stringify({ ...line, n, ...(line.of === undefined ? {} : { of: numbers.get(line.of) ?? line.of }) })}\n`).join('');
}
