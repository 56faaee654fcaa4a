// Opens and verifies the trace named in argv, perhaps as another user, and writes what came of it as a line of JSON.
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { ToolError } from '@kwind/x86';
import { openTrace } from '../sqlite-reader.ts';
import { verifyTrace } from '../verify.ts';

function read(path: string): unknown {
  try {
    const reader = openTrace(path);
    const { length, finished } = reader;
    reader.close();
    return { length, finished, ok: verifyTrace(path).ok };
  } catch (error) {
    return { code: error instanceof ToolError ? error.code : String(error) };
  }
}

writeSync(1, JSON.stringify(read(argv[2]!)));
