import { EVENT_SCHEMA, type SourceKind, type TraceHeader } from '@kwind/events';
import type { Io } from '../io.ts';
import { version } from '../version.ts';

export interface About {
  readonly profile: string;
  readonly options: readonly string[];
  readonly kind: SourceKind;
  readonly name: string;
  readonly kernelVersion?: string;
  readonly notes?: readonly string[];
}

/** The header of a recording that is made now. */
export function headerFor(io: Io, about: About): TraceHeader {
  return {
    eventSchema: EVENT_SCHEMA,
    profile: about.profile,
    options: about.options,
    source: { kind: about.kind, name: about.name },
    kernelVersion: about.kernelVersion ?? '',
    created: createdAt(io),
    recordedBy: version,
    notes: about.notes ?? [],
  };
}

/** SOURCE_DATE_EPOCH makes a recording reproducible to the byte. */
function createdAt(io: Io): string {
  const epoch = Number(io.env['SOURCE_DATE_EPOCH'] ?? Number.NaN);
  return new Date(Number.isFinite(epoch) ? epoch * 1000 : io.now()).toISOString();
}
