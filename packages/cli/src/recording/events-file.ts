import { parseNdjson } from '@kwind/exporters';
import { profile, ToolError } from '@kwind/x86';
import type { TraceHeader } from '@kwind/events';
import { splitOverrides } from '../commands/options.ts';
import type { Io } from '../io.ts';
import type { BuildChoice } from './boot-log.ts';
import { headerFor } from './header.ts';
import { recordTrace, type Recording, type Target } from './record.ts';

/**
 * Record the events of a file that `kwind export` wrote; its header is kept as it is.
 * @throws ToolError import/format, event/…, state/mismatch when the events are not those of one boot; trace/…
 */
export function importEvents(
  io: Io,
  text: string,
  name: string,
  target: Target,
  choice: BuildChoice,
): { header: TraceHeader; recording: Recording<number> } {
  const { header: own, events } = parseNdjson(text, name);
  const options = [...(choice.profile === undefined ? (own?.options ?? []) : []), ...splitOverrides(choice.set)];
  const build = choice.profile ?? own?.profile;
  if (build === undefined) {
    throw new ToolError(
      'import/format',
      `${name} has events but no header that names a kernel build.`,
      'Name it with --profile, or use kwind export, which writes a header.',
    );
  }
  profile(build, options);
  const header = own
    ? { ...own, profile: build, options }
    : headerFor(io, { profile: build, options, kind: 'events', name });
  const recording = recordTrace(io, target, header, (machine) => {
    let count = 0;
    for (const event of events) {
      machine.emit(event);
      count++;
    }
    return count;
  });
  return { header, recording };
}

/** Lines of JSON that hold events, with or without a header. */
export function looksLikeEvents(text: string): boolean {
  const first = /^\uFEFF?\s*(\{[^\n]*)/.exec(text)?.[1];
  if (first === undefined) return false;
  try {
    const value: unknown = JSON.parse(first);
    return typeof value === 'object' && value !== null && 'type' in value && ('seq' in value || value.type === 'trace');
  } catch {
    return false;
  }
}
