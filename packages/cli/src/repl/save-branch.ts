import type { SaveBranch } from '@kwind/debugger';
import { createTrace } from '@kwind/trace';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { headerFor } from '../recording/header.ts';

/**
 * Keeps a branch as a trace of its own, the history before the fork included; the header tells where it comes from.
 * @throws ToolError trace/exists, trace/io
 */
export function branchSaver(io: Io, digest: string): SaveBranch {
  return (file, { reader, forkedAt, parent, poll }) => {
    const header = headerFor(io, {
      profile: parent.profile,
      options: parent.options,
      kind: 'branch',
      name: parent.source.name,
      kernelVersion: parent.kernelVersion,
      notes: [...parent.notes, `branch from position ${forkedAt} of the trace with digest ${digest}`],
    });
    const writer = createTrace(pathOf(io, file), header);
    try {
      for (let seq = 0; seq < reader.length;) {
        poll();
        const batch = reader.batchContaining(seq);
        writer.append(batch);
        seq = batch.firstSeq + batch.length;
      }
      writer.finish();
    } catch (error) {
      writer.abort();
      throw error;
    }
  };
}
