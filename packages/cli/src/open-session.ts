import { DebugSession } from '@kwind/debugger';
import { Timeline } from '@kwind/timeline';
import { openTrace, type SqliteTraceReader } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { pathOf } from './files.ts';
import type { Io } from './io.ts';
import { kernelText } from './kernel-texts.ts';
import { BookmarkFile } from './repl/bookmark-file.ts';
import { branchSaver } from './repl/save-branch.ts';

export interface OpenedSession {
  readonly session: DebugSession;
  readonly reader: SqliteTraceReader;
}

export interface OpenOptions {
  /** Where to stand first. */
  readonly at: string;
  readonly shouldStop?: () => boolean;
}

/**
 * A debugger on a trace file. The caller closes the reader.
 * @throws ToolError trace/…, position/invalid; profile/unknown for a trace of a kernel that this kwind does not know
 */
export function openSession(io: Io, trace: string, { at, ...options }: OpenOptions): OpenedSession {
  const reader = openTrace(pathOf(io, trace));
  try {
    const build = profile(reader.header.profile, reader.header.options);
    const session = new DebugSession(new Timeline(reader, build), {
      ...options,
      bookmarks: new BookmarkFile(pathOf(io, trace)),
      kernelTexts: kernelText,
      saveBranch: branchSaver(io, reader.digest),
    });
    if (at !== 'start') session.dispatch({ do: 'goto', to: at });
    return { session, reader };
  } catch (error) {
    reader.close();
    throw error;
  }
}
