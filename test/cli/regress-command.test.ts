import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch, type Ran } from './kwind.ts';
import { xmlErrors } from './xml-structure.ts';

const folder = scratch();
const scripts = fileURLToPath(new URL('../../traces/scripts/', import.meta.url));
const at = (name: string): string => join(folder, name);

const MEMORIES = ['256M', '512M', '768M', '1G', '2G', '3G', '4G', '6G'];
const GOOD = 20;

/** A healthy boot of one profile: another amount of memory, another place for the kernel, in both address spaces. */
function goodBoot(i: number): string {
  const [slide, place] = [((i * 37) % 400) * 0x20_0000, ((i * 23) % 60) * 0x20_0000];
  // phys_base says how far the image lies from where it was linked to lie, seen from its slid addresses.
  const base = place - slide;
  const hex = (n: number): string => `${n < 0 ? '-' : ''}0x${Math.abs(n).toString(16)}`;
  return `profile linux-6.1 kaslr=${hex(slide)} phys_base=${hex(base)}\nmachine mine like small-pc {\n  ram ${MEMORIES[i % 8]}\n}\nboot full\n`;
}

/** The symptom by which each planted bug must be found. */
const planted: Readonly<Record<string, RegExp>> = {
  ahci: /broken rule resource-released-twice/,
  'conflicting-request': /broken rule resource-conflict by request_mem_region\(\) from pata_legacy_probe/,
  'double-release': /broken rule resource-released-twice by release_region\(\) from mxser_remove/,
  'early-ioremap-after-init': /broken rule early-ioremap-after-init by early_ioremap\(\) from tpm_late_probe/,
  'fixmap-outgrows-table': /alloc_low_page|spp_getpage|fill_p/,
  'ioremap-on-ram': /broken rule ioremap-of-ram by ioremap\(\) from amd_pmc_probe/,
  'leaked-slot': /still mapped at the end: early_ioremap\(\) from xdbc_map_pci_mmio/,
  'mapping-too-long': /broken rule slot-misuse by early_iounmap\(\) from acpi_tb_release_temp_table/,
  'missing-flush': /load through a stale translation in load\(\) from tpm_remap/,
  'pc-ports': /resource vga refused because of vesafb: busy/,
  'rtc-cmos': /broken rule resource-released-twice by cmos_do_remove\(\)/,
  'rtc-legacy': /resource rtc refused because of cmos: busy/,
  'size-behind-mask': /ioremap_nocache\(\) returns 0/,
  'slot-exhausted': /WARN in __early_ioremap\(\): __early_ioremap\(N, N\) not found slot/,
  'split-without-flush': /broken rule stale-tlb by native_set_pmd\(\) from split_large_page/,
  'stale-slot-base': /fault of a load in load\(\): pmd entry not present/,
  'stale-tlb': /broken rule stale-tlb by early_iounmap\(\) from dmi_setup/,
  'undermapped-last-page': /fault of a load in load\(\) from dmi_checksum: pte entry not present/,
  'use-after-unmap': /broken rule used-after-unmap by load\(\) from dmi_string/,
  'wrong-system-state': /WARN in __early_ioremap\(\)/,
  'wrong-unmap-size': /WARN in early_iounmap\(\): .* size not consistent/,
  'rules/fixmap-index': /broken rule fixmap-index/,
  'rules/kernel-bug': /BUG in early_ioremap_init\(\): no page table covers/,
  'rules/live-table-replaced': /broken rule live-table-replaced by native_set_pmd\(\) from early_fixmap_again/,
  'rules/memory-type-alias': /broken rule memory-type-alias/,
  'rules/reserved-bits': /fault of a load in load\(\): reserved bits/,
  'rules/unprotected-image': /broken rule unprotected-image/,
  'rules/writable-executable': /broken rule writable-executable/,
};

async function record(script: string, name: string): Promise<string> {
  const ran = await kwind(['record', script, '-o', at(name), '-f']);
  expect([0, 1], ran.err).toContain(ran.code);
  return at(name);
}

async function recordText(text: string, name: string): Promise<string> {
  writeFileSync(at(`${name}.kws`), text);
  return record(at(`${name}.kws`), name);
}

const good: string[] = [];
const build = (base: string, ...boots: readonly string[]): Promise<Ran> =>
  kwind(['baseline', 'build', ...boots, '-o', at(base)]);
const regress = (base: string, candidate: string, ...more: readonly string[]): Promise<Ran> =>
  kwind(['regress', at(base), candidate, ...more]);

beforeAll(async () => {
  for (let i = 0; i < GOOD; i++) good.push(await recordText(goodBoot(i), `good-${i}.kwind`));
  await build('all.json', ...good);
  await build('three.json', ...good.slice(4, 7));
  for (const name of ['linux-4.4', 'linux-4.14', 'linux-6.12', 'linux-insides'])
    await build(`${name}.json`, await recordText(`profile ${name}\nboot full small-pc\n`, `${name}.kwind`));
}, 120_000);

describe('kwind baseline and regress', () => {
  it.each([
    [0, 4],
    [4, 8],
    [8, 12],
    [12, 16],
    [16, 20],
  ])('raises no alarm about the good boots %i to %i, learned from the others', async (from, to) => {
    expect((await build('some.json', ...good.filter((_, i) => i < from || i >= to))).code).toBe(0);
    for (const candidate of good.slice(from, to)) {
      const ran = await regress('some.json', candidate);
      expect([ran.code, ran.lines.slice(0, -1)]).toEqual([0, []]);
    }
  });

  it.each([1, 2, 5, 10])(
    'raises no alarm about any other boot with only %i good ones, whatever memory they had',
    async (nr) => {
      for (const first of [0, 7]) {
        const chosen = Array.from({ length: nr }, (_, i) => (first + 3 * i) % GOOD);
        expect((await build('few.json', ...chosen.map((i) => good[i]!))).code).toBe(0);
        for (let i = first + 1; i < GOOD; i += 4) {
          const ran = await regress('few.json', good[i]!);
          expect([ran.code, ran.lines.filter((line) => !line.startsWith('note: ')).length]).toEqual([0, 1]);
        }
      }
    },
  );

  it.each(Object.entries(planted))(
    'finds the bug of %s.kws with only three good boots of other memory sizes',
    async (script, symptom) => {
      const profile = /^profile (\S+)/m.exec(readFileSync(join(scripts, `${script}.kws`), 'utf8'))?.[1] ?? 'linux-6.1';
      const candidate = await record(join(scripts, `${script}.kws`), 'planted.kwind');
      const ran = await regress(profile === 'linux-6.1' ? 'three.json' : `${profile}.json`, candidate);
      expect(ran.code).toBe(1);
      expect(ran.lines.filter((line) => symptom.test(line))).not.toEqual([]);
    },
  );

  it.each(Object.entries(planted))('finds the bug of %s.kws by its symptom', async (script, symptom) => {
    const profile = /^profile (\S+)/m.exec(readFileSync(join(scripts, `${script}.kws`), 'utf8'))?.[1] ?? 'linux-6.1';
    const candidate = await record(join(scripts, `${script}.kws`), 'planted.kwind');
    const ran = await regress(profile === 'linux-6.1' ? 'all.json' : `${profile}.json`, candidate);
    expect(ran.code).toBe(1);
    expect(ran.lines.filter((line) => symptom.test(line))).not.toEqual([]);
  });

  it('finds another argument, another count and a call that is left out, and nothing else', async () => {
    const boot = (size: string, times: number, last: string): string =>
      `profile linux-6.1\nboot\nrepeat i in 0..${times} {\n  a = early_ioremap(0xfed40000, ${size}) @ tpm_probe+0x40\n  early_iounmap(a, ${size}) @ tpm_probe+0x60\n}\n${last}`;
    const last = 'b = early_memremap(0xf0000, 0x1000) @ dmi_setup+0x10\nearly_iounmap(b, 0x1000) @ dmi_setup+0x20\n';
    await build('small.json', await recordText(boot('0x1000', 3, last), 's.kwind'));
    const lines = async (text: string): Promise<string> =>
      (await regress('small.json', await recordText(text, 't.kwind'))).out;
    expect(await lines(boot('0x1000', 3, last))).toContain('nothing that the 1 good boot did not do');
    expect(await lines(boot('0x2000', 3, last))).toContain(
      'call of early_ioremap() from tpm_probe: argument 2 is 0x2000, in good boots 0x1000',
    );
    expect(await lines(boot('0x1000', 2, last))).toContain(
      'call of early_ioremap() from tpm_probe: 2 times, in good boots 3',
    );
    expect(await lines(boot('0x1000', 3, ''))).toContain('missing   call of early_memremap() from dmi_setup');
  });

  it('writes valid JUnit, for a difference and for none', async () => {
    const candidate = await record(join(scripts, 'use-after-unmap.kws'), 'bug <&">.kwind');
    expect((await regress('all.json', candidate, '--junit', at('bad.xml'))).code).toBe(1);
    const bad = readFileSync(at('bad.xml'), 'utf8');
    expect(xmlErrors(bad)).toEqual([]);
    expect(bad).toMatch(
      /<testcase classname="kwind.regress.rule" name="broken rule used-after-unmap by load\(\) from dmi_string"><failure type="new" /,
    );
    await regress('all.json', good[0]!, '--junit', at('good.xml'));
    const fine = readFileSync(at('good.xml'), 'utf8');
    expect(xmlErrors(fine)).toEqual([]);
    expect(fine).toContain('tests="1" failures="0"');
    expect(xmlErrors('<a><b></a>')).not.toEqual([]);
    expect(xmlErrors('<a x="&"/>')).not.toEqual([]);
  });

  it('refuses what is no baseline, or one of another kernel or kwind', async () => {
    const junk = async (text: string): Promise<Ran> => {
      writeFileSync(at('junk.json'), text);
      return regress('junk.json', good[0]!);
    };
    for (const text of ['', 'junk', '[]', 'null', '{}', '{"format":2}', '"x"'])
      expect(await junk(text)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is no baseline') });
    const whole = JSON.parse(readFileSync(at('all.json'), 'utf8')) as { things: Record<string, object> };
    const [first] = Object.keys(whole.things);
    expect((await junk(JSON.stringify({ ...whole, format: 1 }))).err).toContain('of an older kwind');
    expect((await junk(JSON.stringify({ ...whole, format: 99 }))).code).toBe(3);
    expect((await junk(JSON.stringify({ ...whole, boots: -1 }))).err).toContain('is a damaged baseline');
    expect((await junk(JSON.stringify({ ...whole, things: { [first!]: { least: 'x' } } }))).err).toContain(
      'makes no sense',
    );
    expect((await regress('linux-4.4.json', good[0]!)).err).toContain('this one is of linux-6.1');
    expect((await build('mixed.json', good[0]!, at('linux-4.4.kwind'))).code).toBe(2);
    expect((await regress('all.json', at('absent.kwind'), '--bisect-exit')).code).toBe(255);
  });
});
