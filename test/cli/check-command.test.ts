import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rules, type Finding } from '@kwind/checks';
import { kwind, scratch } from './kwind.ts';
import { sarifErrors } from './sarif-structure.ts';
import { writeTrace } from './sample-trace.ts';

const folder = scratch();
const traces = fileURLToPath(new URL('../../traces/', import.meta.url));

/** The script that breaks each rule. */
const breaking: Readonly<Record<string, string>> = {
  'leaked-early-mapping': 'leaked-slot',
  'slot-misuse': 'wrong-unmap-size',
  'used-after-unmap': 'use-after-unmap',
  'stale-tlb': 'stale-tlb',
  'writable-executable': 'rules/writable-executable',
  'unprotected-image': 'rules/unprotected-image',
  'reserved-bits': 'rules/reserved-bits',
  'live-table-replaced': 'rules/live-table-replaced',
  'memory-type-alias': 'rules/memory-type-alias',
  'ioremap-of-ram': 'ioremap-on-ram',
  'resource-conflict': 'pc-ports',
  'resource-released-twice': 'double-release',
  'kernel-warning': 'slot-exhausted',
  'kernel-bug': 'rules/kernel-bug',
  'page-fault': 'undermapped-last-page',
  'fixmap-index': 'rules/fixmap-index',
  'early-ioremap-after-init': 'early-ioremap-after-init',
};

async function record(script: string): Promise<string> {
  const path = join(folder, `${script.replace('/', '-')}.kwind`);
  const ran = await kwind(['record', join(traces, 'scripts', `${script}.kws`), '-o', path, '-f']);
  expect([0, 1]).toContain(ran.code);
  return path;
}

async function findingsIn(
  path: string,
  ...options: readonly string[]
): Promise<{ code: number; findings: readonly Finding[] }> {
  const ran = await kwind(['check', path, '--json', ...options]);
  return { code: ran.code, findings: (ran.json() as { findings: readonly Finding[] }).findings };
}

describe('kwind check', () => {
  it('has a script for each rule', () => {
    expect(Object.keys(breaking)).toEqual(rules.map(({ name }) => name));
  });

  it.each(Object.entries(breaking))('finds %s in %s.kws, and no other rule of its severity', async (rule, script) => {
    const { code, findings } = await findingsIn(await record(script));
    expect(code).toBe(1);
    const { severity } = rules.find(({ name }) => name === rule)!;
    expect([...new Set(findings.filter((one) => one.severity === severity).map((one) => one.rule))]).toEqual([rule]);
    for (const { first, last, span } of findings) {
      expect(first).toBeLessThanOrEqual(last);
      expect(span.from).toBeLessThan(span.to);
    }
    const without = await findingsIn(join(folder, `${script.replace('/', '-')}.kwind`), '--no-rule', rule);
    expect(without.findings.map((one) => one.rule)).not.toContain(rule);
  });

  it.each(['small-pc', 'early-pc', 'several-bars', 'muxed-region'])('finds nothing in %s.kws', async (script) => {
    expect(await findingsIn(await record(script))).toEqual({ code: 0, findings: [] });
  });

  it.each(['pc-generic-6.1.0-56', 'q35-kaslr', 'q35-nokaslr'])('finds nothing in the real boot %s', async (log) => {
    const path = join(folder, `${log}.kwind`);
    expect((await kwind(['import', join(traces, 'logs', `${log}.log.gz`), '-o', path])).code).toBe(0);
    expect(await findingsIn(path)).toEqual({ code: 0, findings: [] });
  });

  it.each(readdirSync(join(traces, 'captures')).filter((name) => !name.includes('.md') && !name.includes('6.12')))(
    'finds nothing in the captured boot %s',
    async (capture) => {
      const path = join(folder, `${capture}.kwind`);
      const events = join(traces, 'captures', capture, 'events.jsonl.gz');
      expect((await kwind(['import', events, '-o', path])).code).toBe(0);
      expect(await findingsIn(path)).toEqual({ code: 0, findings: [] });
    },
  );

  // Its lapic_insert_resource() took the address in the fixmap for a physical one.
  it('finds what a real 6.12 got wrong: its Local APIC is in no iomem', async () => {
    const path = join(folder, '6.12.kwind');
    const capture = join(traces, 'captures', 'q35-kaslr-6.12.117');
    expect((await kwind(['import', join(capture, 'events.jsonl.gz'), '-o', path])).code).toBe(0);
    expect(await findingsIn(path)).toMatchObject({
      code: 1,
      findings: [
        {
          rule: 'resource-conflict',
          severity: 'warning',
          message:
            'Local APIC [0xffffffffff5fd000-0xffffffffff5fdfff] was refused because of PCI mem [0x0-0xffffffffff]: outside.',
        },
      ],
    });
    expect(readFileSync(join(capture, 'iomem.txt'), 'utf8')).not.toContain('Local APIC');
  });

  it('names the window, both translations and the call', async () => {
    const ran = await kwind(['check', await record('stale-tlb')]);
    expect(ran.lines.slice(0, 5)).toEqual([
      'error  stale-tlb  from 320 to 342',
      '    0xffffffffff400000 was handed out while the TLB may still hold its translation from before event #320: no flush came between.',
      '    tables  phys 0xe0000 RW A D G NX',
      '    TLB     phys 0xf0000 RW A D G NX',
      '    events #320 to #338, in early_iounmap(0xffffffffff400000, 0x1000) > __early_set_fixmap  from dmi_setup+0x183  stale-tlb.kws:13',
    ]);
  });

  it('silences a finding in its span, with a reason', async () => {
    const path = await record('slot-exhausted');
    const file = join(folder, 'known.txt');
    writeFileSync(file, '# known\nkernel-warning@..655=the first one\n\nkernel-warning@655..=the second\n');
    const { code, findings } = await findingsIn(path, '--silences', file);
    expect(code).toBe(0);
    expect(findings.map(({ silenced }) => silenced)).toEqual(['the first one', 'the second']);
    const one = await kwind(['check', path, '--silence', 'kernel-warning@..655=why']);
    expect(one.code).toBe(1);
    expect(one.lines.at(-2)).toContain('1 finding, 1 silenced');
    expect((await kwind(['check', path, '--silence', 'kernel-warning'])).err).toContain('what to silence and why');
  });

  it('says of the image since when it has been open, and by whom', async () => {
    const { findings } = await findingsIn(await record('rules/unprotected-image'));
    expect(findings).toMatchObject([
      { culprit: { fn: 'native_set_pmd', caller: 'mark_rodata_ro+0x74' }, lasting: true },
    ]);
    expect(findings[0]!.message).toContain('0xffffffff81400000 to 0xffffffff815fffff in the kernel image');
    expect(findings[0]!.first).toBeLessThan(findings[0]!.last);
  });

  it('writes SARIF with the structure that 2.1.0 asks for', async () => {
    const file = join(folder, 'out.sarif');
    const ran = await kwind(['check', await record('leaked-slot'), '--sarif', '-o', file]);
    expect([ran.code, ran.out]).toEqual([1, '']);
    const log = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    expect(sarifErrors(log)).toEqual([]);
    const [run] = (log as { runs: { tool: { driver: { rules: object[] } }; results: object[] }[] }).runs;
    expect(run!.tool.driver.rules).toHaveLength(rules.length);
    expect(run!.results).toMatchObject([{ ruleId: 'leaked-early-mapping', level: 'error' }]);
    const silenced = await kwind([
      'check',
      await record('leaked-slot'),
      '--sarif',
      '--silence',
      'leaked-early-mapping=known',
    ]);
    expect(sarifErrors(silenced.json())).toEqual([]);
    expect(silenced.out).toContain('"justification":"known"');
  });

  it('lists the rules', async () => {
    const ran = await kwind(['check', '--list']);
    for (const { name } of rules) expect(ran.out).toContain(name);
  });

  it('answers mistakes, and convicts nobody under git bisect', async () => {
    expect((await kwind(['check'])).err).toContain('the trace is missing');
    expect((await kwind(['check', 'x.kwind', '--rule', 'stale'])).err).toContain('there is no rule "stale"');
    const absent = join(folder, 'absent.kwind');
    expect((await kwind(['check', absent])).code).toBe(2);
    expect((await kwind(['check', absent, '--bisect-exit'])).code).toBe(255);
    expect((await kwind(['check', absent, '--bisect-exit', '--nonsense'])).code).toBe(255);
    expect((await kwind(['check', await record('leaked-slot'), '--bisect-exit'])).code).toBe(1);
  });

  it('finds a slot that is claimed twice', async () => {
    const path = join(folder, 'twice.kwind');
    const claim = {
      type: 'slot.claimed',
      slot: 2,
      vaddr: 0xffff_ffff_ff28_0000n as never,
      phys: 0xf0000n,
      size: 0x1000n,
      pages: 1,
    } as const;
    writeTrace(path, [claim, claim]);
    const { findings } = await findingsIn(path, '--rule', 'slot-misuse');
    expect(findings.map(({ message }) => message)).toEqual([
      'slot 2 was claimed again while it still maps 0xffffffffff280000.',
    ]);
  });
});
