import { describe, expect, it } from 'vitest';
import { messagesIn, type Message } from './messages.ts';

function one(line: string): Message | 'garbled' | undefined {
  const [found] = messagesIn(line);
  return found && ('message' in found ? found.message : 'garbled');
}

describe('early_ioremap messages', () => {
  it('read a map of 6.x and of 4.x alike', () => {
    const expected = {
      kind: 'map',
      slot: 1,
      phys: 0xf6000n,
      aligned: 0x1000n,
      offset: 0xa10n,
      slotVirt: 0xffffffffff240000n,
      startFirst: false,
    };
    expect(one('__early_ioremap(0x00000000000f6000, 00001000) [1] => 00000a10 + ffffffffff240000')).toMatchObject(
      expected,
    );
    expect(one('__early_ioremap(000f6000, 00001000) [1] => 00000a10 + ffffffffff240000')).toMatchObject(expected);
  });

  it('take the operand in the kernel half as slot base, in either order', () => {
    const found = one('__early_ioremap(0x00000000000f5000, 00001000) [1] => ffffffffff240000 + 00000a10');
    expect(found).toMatchObject({ offset: 0xa10n, slotVirt: 0xffffffffff240000n, startFirst: true });
  });

  it.each([
    ['ffffffffff240a20', 0xffffffffff240a20n],
    ['(____ptrval____)', undefined],
    ['(ptrval)', undefined],
    ['00000000a1b2c3d4', undefined],
    ['          (null)', 0n],
    ['0000000000000000', 0n],
  ])('read the pointer %s', (printed, pointer) => {
    expect(one(`early_iounmap(${printed}, 00000178) [1]`)).toMatchObject({
      kind: 'unmap',
      slot: 1,
      pointer,
      size: 0x178n,
    });
  });

  it('tell refusals from debug lines', () => {
    expect(one('early_iounmap(ffffffffff240a20, 00000178) [1] size not consistent 00000200')).toMatchObject({
      kind: 'unmap-inconsistent',
      prevSize: 0x200n,
    });
    expect(one('early_iounmap(ffffffffff240a20, 00000178) not found slot')).toMatchObject({
      kind: 'unmap-not-found',
      size: 0x178n,
    });
    expect(one('__early_ioremap(0x00000000000f5a20, 00000178) not found slot')).toMatchObject({
      kind: 'map-not-found',
      phys: 0xf5a20n,
    });
    expect(one('Debug warning: early ioremap leak of 2 areas detected.')).toMatchObject({ kind: 'leak', count: 2 });
  });

  it('find a message behind noise, and two on one line', () => {
    expect(one('Probing EDD... ok[    0.000000] early_iounmap(ffffffffff240a20, 00000178) [1]')).toMatchObject({
      slot: 1,
    });
    expect(
      messagesIn('early_iounmap(ffffffffff240a20, 00000178) [1]early_iounmap(ffffffffff200000, 00001000) [0]'),
    ).toHaveLength(2);
  });

  it.each([
    '__early_ioremap(0x00000000000f6',
    '__early_ioremap(0x00000000000f6000, 00001000) [1] => 00000a10 + ffffffffff24',
    '__early_ioremap(0x00000000000f6000, 00001000) [1] => 00000a10 + 00000000',
    'early_iounmap(ffffffffff240a20, 00000178) [1] size not con',
    'early_iounmap((____ptrv',
    'early_iounmap(ffffffffff240a20, 00000178) [',
  ])('say that "%s" is garbled', (line) => {
    expect(one(line)).toBe('garbled');
  });

  it.each([
    'ioremap() called early from f+0x1/0x2. Use early_ioremap() instead',
    ' ? __early_ioremap+0x134/0x167',
    'calling early_ioremap_debug_setup',
    'early_iounmap (see above)',
  ])('pass over "%s"', (line) => {
    expect(messagesIn(line)).toEqual([]);
  });
});
