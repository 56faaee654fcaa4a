import { catalog } from '@kwind/events';
import { kernelFunctions } from '@kwind/kernel';
import { profileNames } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { kwind } from './kwind.ts';

describe('kwind fixmap', () => {
  it('prints the table of the default build', async () => {
    const { code, lines } = await kwind(['fixmap']);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^linux-6\.1: /);
    expect(lines.find((line) => line.includes('FIX_BTMAP slot 0'))).toMatch(
      /^1472-1535 {2}FIX_BTMAP slot 0 +0xffffffffff200000 {2}0xffffffffff23ffff$/,
    );
  });

  it('answers a name with fix_to_virt() and virt_to_fix()', async () => {
    const { lines } = await kwind(['fixmap', 'FIX_APIC_BASE', '--profile', 'linux-6.1']);
    expect(lines).toEqual([
      'FIX_APIC_BASE, index 514 of linux-6.1',
      'fix_to_virt(514)                 0xffffffffff5fd000',
      'virt_to_fix(0xffffffffff5fd000)  514',
    ]);
  });

  it("answers an address with the kernel's BUG where it has one", async () => {
    const { out } = await kwind(['fixmap', '0xffffffffff200000']);
    expect(out).toContain('FIX_BTMAP slot 0 page 0, index 1535');
    expect(out).toContain('BUG_ON(vaddr >= FIXADDR_TOP || vaddr < FIXADDR_START)');
  });

  it('takes overrides, and prints JSON with addresses as text', async () => {
    const json = (await kwind(['fixmap', '--set', 'nr_cpus=64,CONFIG_PARAVIRT=n', '--json'])).json();
    expect(json).toMatchObject({
      profile: 'linux-6.1',
      overrides: ['nr_cpus=64', 'CONFIG_PARAVIRT=n'],
      fixaddrTop: '0xffffffffff7ff000',
    });
    const answer = (await kwind(['fixmap', 'FIX_BTMAP_BEGIN-5', '--json'])).json();
    expect(answer).toMatchObject({
      index: 1530,
      slot: 0,
      vaddr: '0xffffffffff205000',
      fix_to_virt: { ok: true },
      virt_to_fix: { ok: false },
    });
  });

  it.each([
    [['fixmap', 'FIX_APIC_BAS'], 'Did you mean FIX_APIC_BASE?'],
    [['fixmap', '--set', 'nr_cpu=3'], 'Did you mean nr_cpus?'],
    [['fixmap', '--profile', 'linux-6'], 'Did you mean linux-6.1?'],
    [['fixmap', '0x00ff800000000000'], 'is not canonical'],
  ])('%j is refused with a hint', async (argv, hint) => {
    const { code, err } = await kwind(argv);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });
});

describe('kwind events', () => {
  it('lists every type with its code', async () => {
    const { lines } = await kwind(['events']);
    for (const { type, code } of catalog) {
      expect(lines.some((line) => line.startsWith(`0x${code.toString(16).padStart(2, '0')}  ${type} `))).toBe(true);
    }
  });

  it('tells all about one type, with an example in the form of the log', async () => {
    const { out } = await kwind(['events', 'pte.written']);
    expect(out).toContain('kernel   arch/x86/include/asm/pgtable.h set_pte(), pte_clear()');
    expect(out).toContain('example  {"seq":41,"type":"pte.written","table":"0x32b5000",');
  });

  it('prints the catalogue for a program; every example is an event', async () => {
    const { eventFromJson } = await import('@kwind/events');
    const { events } = (await kwind(['events', '--json'])).json() as { events: { type: string; example: unknown }[] };
    expect(events.map(({ type }) => type)).toEqual(catalog.map(({ type }) => type));
    for (const { example } of events) expect(() => eventFromJson(example)).not.toThrow();
  });

  it('refuses a type that is none', async () => {
    expect(await kwind(['events', 'nope'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('kwind profiles and functions', () => {
  it('lists the builds and marks the default one', async () => {
    const { lines, out } = await kwind(['profiles']);
    for (const name of profileNames) expect(out).toContain(` ${name} `);
    expect(lines.filter((line) => line.startsWith('* ') && line.includes('linux-6.1 '))).toHaveLength(1);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    const { lines: narrow } = await kwind(['profiles'], { columns: 60 });
    expect(narrow.slice(narrow.indexOf('')).filter((line) => line.length > 64)).toEqual([]);
    expect((await kwind(['profiles', '--json'])).json()).toMatchObject({ default: 'linux-6.1' });
  });

  it('lists the kernel functions by file, with their parameters', async () => {
    const { out, lines } = await kwind(['functions']);
    expect(lines[0]).toBe('mm/early_ioremap.c');
    expect(out).toContain('  void *early_ioremap(phys_addr_t phys_addr, unsigned long size)');
    expect(((await kwind(['functions', '--json'])).json() as unknown[]).length).toBe(kernelFunctions.length);
  });

  it('tells about one function, and suggests the one that was meant', async () => {
    expect((await kwind(['functions', 'early_iounmap'])).lines.at(-1)).toBe('mm/early_ioremap.c');
    expect((await kwind(['functions', 'early_iormap'])).err).toContain('Did you mean early_ioremap?');
  });
});
