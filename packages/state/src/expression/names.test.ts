import { beforeAll, describe, expect, it } from 'vitest';
import { profile, type Pte } from '@kwind/x86';
import { BatchBuilder, type BootEvent, type EventBatch, type EventView } from '@kwind/events';
import { initialState, type MachineState } from '../machine.ts';
import { reduce } from '../reduce.ts';
import {
  constantName,
  eventScope,
  evaluate,
  ExpressionError,
  expressionHelp,
  expressionNames,
  machineScope,
  makeScope,
  parseExpression,
  type Value,
} from './index.ts';

const linux = profile('linux-6.1');
const scope = makeScope([constantName('FIX_APIC_BASE', 514n)], machineScope(linux));

const [PGD, PUD, PMD, PTES] = [0x100, 0x101, 0x102, 0x103];
const table = (frame: number, level: string, name = ''): BootEvent => ({
  type: 'table.allocated',
  table: frame as never,
  level,
  name,
});
const store = (
  type: 'pgd.populated' | 'pud.populated' | 'pmd.populated' | 'pmd.written' | 'pte.written',
  frame: number,
  index: number,
  after: bigint,
): BootEvent => ({
  type,
  table: frame as never,
  index,
  before: 0n as Pte,
  after: after as Pte,
});
const link = (frame: number): bigint => (BigInt(frame) << 12n) | 0x67n;

/** pgd[511] -> pud[511] -> pmd[505] -> pte[0] = 0xfed40 RW A D G NX; pmd[506] = 2 MiB page at 0x40000000, no NX. */
const facts: readonly BootEvent[] = [
  table(PGD, 'pgd', 'init_top_pgt'),
  table(PUD, 'pud'),
  table(PMD, 'pmd'),
  table(PTES, 'pte', 'bm_pte'),
  store('pgd.populated', PGD, 511, link(PUD)),
  store('pud.populated', PUD, 511, link(PMD)),
  store('pmd.populated', PMD, 505, link(PTES)),
  store('pmd.written', PMD, 506, 0x4000_01e3n),
  store('pte.written', PTES, 0, 0x8000_0000_fed4_0163n),
  { type: 'cr3.loaded', before: 0n, after: 0x10_0000n },
  { type: 'register.written', name: 'efer', before: 0n, after: 0xd01n },
  { type: 'variable.set', name: 'system_state', before: 0n, after: 1n },
  { type: 'phase.entered', name: 'setup_arch' },
  { type: 'slot.based', slot: 0, vaddr: 0xffff_ffff_ff20_0000n as never },
  { type: 'slot.sized', slot: 0, before: 0n, after: 0x20n },
  { type: 'slot.claimed', slot: 0, vaddr: 0xffff_ffff_ff20_0123n as never, phys: 0xfed4_0123n, size: 0x20n, pages: 1 },
  {
    type: 'tlb.filled',
    vaddr: 0xffff_ffff_ff20_0000n as never,
    phys: 0xfed4_0000n as never,
    size: 0x1000n,
    prot: 0x8000_0000_0000_0163n as Pte,
  },
  { type: 'tlb.filled', vaddr: 0x5000n as never, phys: 0x6000n as never, size: 0x1000n, prot: 0x63n as Pte },
  { type: 'tlb.page-flushed', vaddr: 0x9000n as never, how: 'invlpg' },
  { type: 'tlb.flushed', how: 'nothing', scope: 'non-global' },
  { type: 'warn.raised', fn: 'f', file: '', message: '', debug: false },
  {
    type: 'call.entered',
    fn: 'early_ioremap',
    caller: 'dmi_setup+0xfa',
    stack: '',
    origin: 'boot.kws:3',
    text: '',
    args: [0xf0000n, 0x20n],
  },
  { type: 'call.entered', fn: '__early_ioremap', caller: '', stack: '', origin: '', text: '', args: [0xf0000n] },
];

let batch: EventBatch;
let view: MachineState;

beforeAll(() => {
  const builder = new BatchBuilder(0, []);
  for (const fact of facts) builder.append(fact);
  batch = builder.freeze();
  view = reduce(initialState(linux), batch);
});

const valueOf = (text: string): Value => evaluate(parseExpression(text), scope, { view });
const va = '0xffffffffff200123';

describe('page tables', () => {
  it.each<[string, Value]>([
    [`pte(${va}).present`, true],
    [`pte(${va}).value`, 0x8000_0000_fed4_0163n],
    [`pte(${va}).phys`, 0xfed4_0000n],
    [`pte(${va}).pfn`, 0xfed40n],
    [`pte(${va}).rw && pte(${va}).nx && pte(${va}).global && pte(${va}).accessed && pte(${va}).dirty`, true],
    [`pte(${va}).user || pte(${va}).pwt || pte(${va}).pcd || pte(${va}).large`, false],
    [`pte(${va}).table`, 0x10_3000n],
    [`pte(${va}).table_name`, 'bm_pte'],
    [`pte(${va}).index`, 0n],
    [`pte(${va}).level == "pte"`, true],
    [`pte(${va}).flags`, 'RW A D G NX'],
    [`pmd(${va}).phys`, 0x10_3000n],
    [`pmd(${va}).index`, 505n],
    [`pud(${va}).index`, 511n],
    [`pgd(${va}).table_name`, 'init_top_pgt'],
    [`p4d(${va}).value == pgd(${va}).value`, true],
    ['pmd(0xffffffffff400000).large', true],
    ['pte(0xffffffffff400000).present', false],
    ['pte(0xffffffffff400000).value', null],
    ['pte(0x1000).table', null],
    ['entry(cr3, 511).phys', 0x10_1000n],
    ['entry(0x103000, 0).level', 'pte'],
    ['entry(0x103000, 512)', null],
    ['entry(0x777000, 3).present', false],
  ])('%s', (text, wanted) => {
    expect(valueOf(text)).toEqual(wanted);
  });
});

describe('translations', () => {
  it.each<[string, Value]>([
    [`walk(${va}).mapped`, true],
    [`walk(${va}).phys`, 0xfed4_0123n],
    [`walk(${va}).page_size`, 0x1000n],
    [`walk(${va}).level`, 'pte'],
    [`walk(${va}).writable && walk(${va}).nx && walk(${va}).global && !walk(${va}).user`, true],
    [`walk(${va}).steps.length`, 4n],
    [`walk(${va}).steps[2].index`, 505n],
    [`walk(${va}).entry.pfn`, 0xfed40n],
    ['walk(0xffffffffff412345).phys', 0x4001_2345n],
    ['walk(0xffffffffff412345).page_size', 0x20_0000n],
    ['walk(0x1000).kind', 'not-present'],
    ['walk(0x1000).level', 'pgd'],
    ['walk(0x0001000000000000).kind', 'non-canonical'],
    ['walk(0x0001000000000000).level', null],
    ['walk(0x0001000000000000).entry', null],
    [`phys_of(${va})`, 0xfed4_0123n],
    [`tlb[${va}].present`, true],
    [`tlb[${va}].phys == phys_of(${va})`, true],
    [`tlb[${va}].vaddr`, 0xffff_ffff_ff20_0000n],
    [`tlb[${va}].size`, 0x1000n],
    [`tlb[${va}].stale`, false],
    [`tlb[${va}].global && tlb[${va}].nx && tlb[${va}].rw && !tlb[${va}].user`, true],
    [`tlb[${va}].filled_by`, 16n],
    ['tlb[0x9000].present', false],
    ['tlb[0x9000].phys', null],
    ['tlb[0x9000].stale', false],
    ['tlb.length', 1n],
  ])('%s', (text, wanted) => {
    expect(valueOf(text)).toEqual(wanted);
  });
});

describe('slots, fixmap, registers, counters, place', () => {
  it.each<[string, Value]>([
    ['slots_in_use', 1n],
    ['slots[0].in_use', true],
    ['slots[0].prev_map', 0xffff_ffff_ff20_0123n],
    ['slots[0].prev_size', 0x20n],
    ['slots[0].phys', 0xfed4_0123n],
    ['slots[0].pages', 1n],
    ['slots[0].present', 1n],
    ['slots[0].virt', 0xffff_ffff_ff20_0000n],
    ['slots[0].claimed_by', 15n],
    ['slots[1].in_use', false],
    ['slots[1].claimed_by', null],
    ['slots.length', 8n],
    ['fix(FIX_APIC_BASE)', 0xffff_ffff_ff5f_d000n],
    ['fix_to_virt(514)', 0xffff_ffff_ff5f_d000n],
    ['fix_to_virt(1537)', null],
    ['fix_to_virt(-1)', null],
    ['virt_to_fix(0xffffffffff5fd000)', 514n],
    ['virt_to_fix(0xffffffffff200000)', null],
    ['virt_to_fix(0xffffffffff7ff000)', null],
    ['cr3', 0x10_0000n],
    ['cr0 + cr4', 0n],
    ['efer', 0xd01n],
    ['system_state', 1n],
    ['after_paging_init + early_ioremap_debug + fixmaps_set', 0n],
    ['warnings', 1n],
    ['bugs + faults', 0n],
    ['page_flushes', 1n],
    ['flushes', 1n],
    ['calls', 2n],
    ['position', BigInt(facts.length)],
    ['phase', 'setup_arch'],
    ['depth', 2n],
    ['fn', '__early_ioremap'],
    ['call.caller', ''],
    ['stack[1].fn', 'early_ioremap'],
    ['stack[1].caller', 'dmi_setup+0xfa'],
    ['stack[1].origin', 'boot.kws:3'],
    ['stack[1].args[1]', 0x20n],
    ['stack[1].args.length', 2n],
    ['stack[1].args[7]', null],
    ['stack[2].fn', null],
    ['call.seq', 22n],
  ])('%s', (text, wanted) => {
    expect(valueOf(text)).toEqual(wanted);
  });

  it('has no open call at power-on', () => {
    const env = { view: initialState(linux) };
    expect(evaluate(parseExpression('fn'), scope, env)).toBeNull();
    expect(evaluate(parseExpression('call.args[0]'), scope, env)).toBeNull();
    expect(evaluate(parseExpression('depth'), scope, env)).toBe(0n);
  });
});

describe('the event at hand', () => {
  const eventNames = eventScope(scope);
  const at = (text: string, index: number): Value =>
    evaluate(parseExpression(text), eventNames, { view, event: [...batch][index] as EventView });

  it.each<[string, number, Value]>([
    ['event.type == "pte.written"', 8, true],
    ['type == "pte.written" && index == 0 && after == 0x80000000fed40163', 8, true],
    ['event.table', 8, 0x10_3000n],
    ['event.before', 8, 0n],
    ['seq', 8, 8n],
    ['cause', 8, null],
    ['event.cause', 22, 21n],
    ['event.depth', 22, 1n],
    ['event.args[0]', 21, 0xf0000n],
    ['args.length', 21, 2n],
    ['event.fn', 21, 'early_ioremap'],
    ['fn', 21, '__early_ioremap'],
    ['slot', 15, 0n],
    ['event.vaddr', 15, 0xffff_ffff_ff20_0123n],
    ['vaddr', 8, null],
    ['scope == "non-global"', 19, true],
  ])('%s of event %i', (text, index, wanted) => {
    expect(at(text, index)).toEqual(wanted);
  });

  it('has no value without one', () => {
    expect(evaluate(parseExpression('event.after'), eventNames, { view })).toBeNull();
    expect(evaluate(parseExpression('after == 1'), eventNames, { view })).toBe(false);
  });

  it('knows which types there are, and which fields the types at hand have', () => {
    const check =
      (text: string, names = eventNames) =>
      () =>
        evaluate(parseExpression(text), names, { view });
    expect(check('event.type == "pte.writen"')).toThrow(ExpressionError);
    const slots = eventScope(scope, ['slot.claimed', 'slot.released']);
    expect(check('event.pages == 1 && phys == 2', slots)()).toBe(false);
    expect(check('event.after', slots)).toThrow('column 7: an event has no field "after".');
    expect(check('after', slots)).toThrow('column 1: there is no "after".');
    expect(check('type == "pte.written"', slots)).toThrow('is none of the texts');
  });
});

describe('help and completion', () => {
  it('has a sentence for every name and every field', () => {
    const all = expressionHelp(eventScope(scope)).flatMap(({ name, doc, fields }) => [
      { name, doc },
      ...fields.map((field) => ({ name: `${name}.${field.name}`, doc: field.doc })),
    ]);
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ doc }) => !/^\S.*[.…]$/.test(doc))).toEqual([]);
  });
  it('shows how a name is written', () => {
    const usages = expressionHelp(scope).map(({ usage }) => usage);
    expect(usages).toEqual(
      expect.arrayContaining(['slots[slot]', 'tlb[va]', 'walk(va)', 'entry(table_phys, index)', 'cr3']),
    );
  });
  it('completes names, and fields after a dot', () => {
    expect(expressionNames(scope)).toEqual(
      expect.arrayContaining(['slots_in_use', 'walk', 'FIX_APIC_BASE', 'true', 'not']),
    );
    expect(expressionNames(scope, 'x == walk(a + 1).p')).toEqual(expect.arrayContaining(['walk(a + 1).phys']));
    expect(expressionNames(scope, 'slots[3].')).toEqual(expect.arrayContaining(['slots[3].prev_map']));
    expect(expressionNames(scope, 'cr3.')).toEqual([]);
    expect(expressionNames(scope, 'nothing.')).toEqual([]);
  });
});
