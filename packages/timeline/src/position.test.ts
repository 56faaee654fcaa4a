import { describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { parsePosition, parseRange, type PositionContext } from './position.ts';

const context: PositionContext = {
  current: 40,
  length: 90,
  bookmark: (name) => ({ leak: 17, 'before-leak': 16 })[name],
  bookmarks: ['leak', 'before-leak'],
  phase: (name) => (name === 'setup_arch' ? 12 : undefined),
  phases: () => ['startup_64', 'setup_arch'],
};
const at = (text: string): number => parsePosition(text, context);

function refused(read: () => unknown): { message: string; hint: string } {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ToolError);
    expect((error as ToolError).code).toBe('position/invalid');
    return error as ToolError;
  }
  throw new Error('nothing was refused');
}

describe('the position grammar', () => {
  it.each([
    ['0', 0],
    ['41', 41],
    ['#41', 41],
    ['1_0', 10],
    [' 41 ', 41],
    ['start', 0],
    ['start+3', 3],
    ['end', 90],
    ['end-10', 80],
    ['end - 10', 80],
    ['.', 40],
    ['.+5', 45],
    ['.-5', 35],
    ['50%', 45],
    ['37.5%', 34],
    ['0%', 0],
    ['100%', 90],
    ['@leak', 17],
    ['@leak+2', 19],
    ['@before-leak', 16],
    ['@before-leak-1', 15],
    ['phase:setup_arch', 12],
    ['phase:setup_arch-1', 11],
  ])('reads %s', (text, position) => expect(at(text)).toBe(position));

  it('refuses positions outside the trace and says where it ends', () => {
    expect(refused(() => at('91')).hint).toContain('90');
    expect(refused(() => at('.+51')).message).toContain('position 91');
    expect(refused(() => at('start-1')).message).toContain('position -1');
    expect(refused(() => at('101%')).message).toContain('101%');
  });

  it('refuses a text of several lines like any other', () => {
    for (const text of ['4\n1', '4\u20281', '\r'])
      expect(refused(() => at(text)).message).toContain('is not a position');
  });

  it('refuses a text too long for any position before it looks into it', () => {
    for (const read of [parsePosition, parseRange]) {
      expect(() => read('7 ../x '.repeat(20_000), context)).toThrow('"7 ../x 7 ../x 7 ../x…", of 139999 letters');
    }
  });

  it('suggests what may have been meant', () => {
    expect(refused(() => at('@laek')).hint).toContain('leak');
    expect(refused(() => at('phase:setup_arhc')).hint).toContain('setup_arch');
    expect(refused(() => at('strat')).hint).toContain('start');
    expect(refused(() => at('+5')).hint).toContain('.+5');
  });

  it('says that a simulated boot has no clock', () => {
    expect(refused(() => at('t=+1.25ms')).message).toContain('time');
    expect(refused(() => at('t=12:03:04.5')).hint).toContain('no clock');
  });

  it.each(['', 'x', '--', '@', '1..2', '#', '%', '1e3', '0x10', '5 5', '.+', 'end-', 'null', '99999999999999999999'])(
    'refuses "%s" with a position error',
    (text) => {
      expect(refused(() => at(text)).message).not.toBe('');
    },
  );
});

describe('ranges of positions', () => {
  const range = (text: string): readonly number[] => {
    const { from, to } = parseRange(text, context);
    return [from, to];
  };

  it.each([
    ['10..20', [10, 20]],
    ['10..', [10, 90]],
    ['..20', [0, 20]],
    ['..', [0, 90]],
    ['start..end', [0, 90]],
    ['.-5...+5', [35, 45]],
    ['...end', [40, 90]],
    ['.-5..', [35, 90]],
    ['@leak..phase:setup_arch+10', [17, 22]],
    ['20%..40%', [18, 36]],
    ['7', [7, 8]],
    ['end', [90, 90]],
    ['5..5', [5, 5]],
  ])('reads %s', (text, expected) => expect(range(text)).toEqual(expected));

  it('refuses one that ends before it starts and turns it round', () => {
    expect(refused(() => range('20..10')).hint).toContain('10..20');
    expect(refused(() => range('10..x')).message).toContain('"x"');
  });
});
