import { fileURLToPath } from 'node:url';
import type { TraceHeader } from '@kwind/events';

/** One small trace for each format of the file that was released, `schema-N.kwind`, and beside it what is known of it. */
export const folder: string = fileURLToPath(new URL('../../traces/compat', import.meta.url));

/** `schema-N.json`: what a trace must give, whatever version reads it. */
export interface Known {
  readonly events: number;
  /** Last link of the hash chain. */
  readonly digest: string;
  /** Hash of the machine at the end. */
  readonly state: string;
  readonly header: TraceHeader;
}
