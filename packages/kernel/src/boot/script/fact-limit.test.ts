import { describe, expect, it } from 'vitest';
import { kernelFunctions } from '../../functions.ts';
import { parseScript, runScript, ScriptError, type ScriptResult } from './index.ts';
import { TestMachine } from './test-machine.ts';

/** As scripts run, but with bounds that a test can reach. */
function runWithin(text: string, call: number, other = 100_000): { machine: TestMachine; result: ScriptResult } {
  const machine = new TestMachine();
  return { machine, result: runScript(machine, parseScript(text, 'big.kws'), kernelFunctions, { call, other }) };
}

const copy = (size: string): string => `boot\n\ncopy_from_early_mem(PAGE_OFFSET, 0x1000, ${size})`;

describe('a statement that would record without end', () => {
  it('is refused with its line, the bound and what to do, once the bound is reached', () => {
    const refused = (): unknown => runWithin(copy('0x100000000000'), 1000);
    expect(refused).toThrow(ScriptError);
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'script/type',
        message: 'big.kws:3:1: this call goes on beyond 1,000 events, the most that one call of a script may record.',
        hint: expect.stringContaining('Give a smaller range.'),
      }),
    );
  });

  it('leaves no call open behind it', () => {
    const machine = new TestMachine();
    const script = parseScript(copy('0x100000000000'), 'big.kws');
    expect(() => runScript(machine, script, kernelFunctions, { call: 500, other: 10_000 })).toThrow('beyond 500');
    expect(machine.view.calls).toBeNull();
    expect(machine.events.at(-1)).toMatchObject({ type: 'call.returned', fn: 'copy_from_early_mem' });
  });

  it('has its bound to itself: many statements may record more together', () => {
    const { machine, result } = runWithin('boot\nrepeat 40 { load(PAGE_OFFSET) }', 30);
    expect(result.callsMade).toBe(41);
    expect(machine.events.length).toBeGreaterThan(3 * 30);
  });

  it('may be a boot, which has a bound of its own', () => {
    expect(() => runWithin('boot', 1, 20)).toThrow('big.kws:1:1: this records more than 20 events');
  });
});

describe('what the kernel refuses itself', () => {
  it('stays a fact, however large the number is', () => {
    const { result } = runWithin('boot full\na = vmalloc(0x100000000000)\nb = ioremap(0xfd000000, 1 << 63)', 1000);
    expect([...result.names.values()]).toEqual([0n, 0n]);
  });
});
