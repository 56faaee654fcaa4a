import { errorCodes, ToolError, type ErrorCode } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodes, isToolError } from './exit-code.ts';

describe('exitCodeOf', () => {
  const special: Partial<Record<ErrorCode, number>> = {
    'trace/newer-schema': exitCodes.schema,
    'trace/damaged': exitCodes.integrity,
    'event/corrupt': exitCodes.integrity,
    'state/mismatch': exitCodes.integrity,
    'internal/invariant': exitCodes.internal,
  };
  it.each(errorCodes)('%s', (code) => {
    expect(exitCodeOf(code)).toBe(special[code] ?? exitCodes.usage);
  });
});

describe('isToolError', () => {
  it('knows our errors, whatever their class is called', () => {
    class Derived extends ToolError {
      constructor() {
        super('script/syntax', 'x');
        this.name = 'Derived';
      }
    }
    expect(isToolError(new Derived())).toBe(true);
    expect(isToolError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false);
  });
});
