import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const leaked = join(folder, 'leaked.kwind');
beforeAll(async () => {
  const script = fileURLToPath(new URL('../../traces/scripts/leaked-slot.kws', import.meta.url));
  await kwind(['record', script, '-o', leaked]);
});

const views = ['summary', 'slots', 'fixmap', 'pagetable', 'tlb', 'registers', 'calls', 'warnings', 'profile'];

describe('kwind show', () => {
  it.each(views)('%s has a text and a JSON form at the start, in the middle and at the end', async (view) => {
    for (const position of ['start', '50%', 'end']) {
      const text = await kwind(['show', leaked, view, '--at', position]);
      expect(text.code).toBe(0);
      expect(text.out).not.toBe('');
      expect(text.out).not.toContain('undefined');
      expect((await kwind(['show', leaked, view, '--at', position, '--json'])).json()).toMatchObject({ type: view });
    }
  });

  it('slots: who holds one, and how many were never used', async () => {
    const { lines } = await kwind(['show', leaked, 'slots']);
    expect(lines[0]).toBe('slot  prev_map            prev_size  phys_addr   pages  by');
    expect(lines.find((line) => line.startsWith('   1  '))).toMatch(
      /^ {3}1 {2}0xffffffffff240000 {2}0x4000 +0xfebf0000 +4 {2}#\d+ {2}xdbc_map_pci_mmio\+0x8e\/0xd0 {2}leaked-slot\.kws:\d+$/,
    );
    expect(lines.at(-1)).toMatch(/^\(6 free slots .*, --all shows them\)$/);
    expect((await kwind(['show', leaked, 'slots', '--all'])).lines).toHaveLength(9);
  });

  it('walk: every level with its table, its entry and who stored it', async () => {
    const { lines } = await kwind(['show', leaked, 'walk', '0xffffffffff240020']);
    expect(lines[0]).toMatch(/^0xffffffffff240020 {2}FIX_BTMAP slot 1 page 0/);
    expect(lines.slice(2, 6).map((line) => line.slice(0, 3))).toEqual(['pgd', 'pud', 'pmd', 'pte']);
    expect(lines[6]).toMatch(/^mapped to phys 0xfebf0020, a 4 KiB page, RW NX/);
    const json = (await kwind(['show', leaked, 'walk', '0xffffffffff240020', '--json'])).json();
    expect(json).toMatchObject({
      type: 'walk',
      vaddr: '0xffffffffff240020',
      outcome: { kind: 'mapped', phys: '0xfebf0020' },
    });
  });

  it('warnings: the kernel text and the calls around it', async () => {
    const { out } = await kwind(['show', leaked, 'warnings']);
    expect(out).toContain('WARN in check_early_ioremap_leak()');
    expect(out).toContain('early ioremap leak of 1 areas detected');
  });

  it('cuts the last column to the width of a terminal', async () => {
    const { lines } = await kwind(['show', leaked, 'slots'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(Math.max(...lines.slice(0, -1).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[2]).toContain('…');
  });

  it.each([
    [['show', leaked, 'slots', '--at', '99999999'], 'lies outside the trace'],
    [['show', leaked, 'slots', '--at', 'phase:nowhere'], 'never reaches a phase'],
    [['show', leaked, 'walk', 'nonsense'], 'nonsense'],
    [['show', leaked, 'walk', '0x00ff800000000000'], 'canonical'],
  ])('%j is refused', async (argv, message) => {
    const { code, err } = await kwind(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
