import { PassThrough } from 'node:stream';
import { ToolError } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { ClosedPipe } from './output.ts';
import { report } from './report.ts';

async function said(error: unknown): Promise<{ code: number; text: string }> {
  const stderr = new PassThrough();
  const io: Io = { stdout: new PassThrough(), stderr, stdin: new PassThrough(), env: {}, cwd: '/', now: () => 0 };
  const code = await report(error, io);
  return { code, text: String(stderr.read() ?? '') };
}

describe('report', () => {
  it('says what happened and what to do', async () => {
    expect(await said(new ToolError('trace/newer-schema', 'x.kwind has format 7.', 'Update kwind.'))).toEqual({
      code: 3,
      text: 'kwind: x.kwind has format 7.\n  Update kwind.\n',
    });
    expect(await said(new UsageError('no such option'))).toEqual({ code: 2, text: 'kwind: no such option\n' });
  });

  it('keeps control characters of a name away from the terminal', async () => {
    expect((await said(new ToolError('trace/not-found', 'evil\u001b[2J.kwind does not exist.'))).text).toBe(
      'kwind: evil\\e[2J.kwind does not exist.\n',
    );
  });

  it('shows the stack of a bug of ours and asks for a report', async () => {
    for (const bug of [new TypeError('x is undefined'), new ToolError('internal/invariant', 'x is undefined')]) {
      const { code, text } = await said(bug);
      expect(code).toBe(70);
      expect(text).toContain('x is undefined');
      expect(text).toContain('report.test.ts');
      expect(text).toContain('please report it');
    }
    expect((await said('a string')).code).toBe(70);
  });

  it('takes a failed system call for what it is', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
    });
    expect(await said(full)).toEqual({ code: 2, text: 'kwind: ENOSPC: no space left on device, write\n' });
  });

  it('is silent when the reader of our output went away', async () => {
    expect(await said(new ClosedPipe())).toEqual({ code: 0, text: '' });
  });
});
