import { summaryView } from '@kwind/debugger/summary';
import { Timeline } from '@kwind/timeline/timeline';
import { openTrace } from '@kwind/trace/reader';
import { profile } from '@kwind/x86';
import { pathOf } from './files.ts';
import type { Io } from './io.ts';
import { print } from './output.ts';
import { renderSummary } from './render/summary.ts';

/**
 * `show TRACE summary`: the first look at a trace, without loading a debugger.
 * @throws ToolError trace/…; profile/unknown for a trace of a kernel that this kwind does not know
 */
export async function showSummary(io: Io, trace: string): Promise<number> {
  const reader = openTrace(pathOf(io, trace));
  try {
    const timeline = new Timeline(reader, profile(reader.header.profile, reader.header.options));
    await print(io, renderSummary(summaryView(timeline, timeline.at(timeline.length))));
  } finally {
    reader.close();
  }
  return 0;
}
