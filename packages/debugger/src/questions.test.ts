import { describe, expect, it } from 'vitest';
import {
  earlyIoremap,
  earlyIounmap,
  findKernelFunction,
  load,
  releaseRegion,
  requestRegion,
  setFixmap,
} from '@kwind/kernel';
import type { LiveMachine } from '@kwind/recorder';
import { fixmapIndexOf, physAddr } from '@kwind/x86';
import { kernel, refusalOf, twoMappings, typed } from './testing/session.ts';
import { toJson } from './json.ts';

/** A mapping that is made, used, removed and made again elsewhere. */
function remapped(machine: LiveMachine): void {
  const first = earlyIoremap(machine, 0x1000n, 0x1000n)!;
  load(machine, first);
  earlyIounmap(machine, first, 0x1000n);
  machine.from({ caller: 'late_user+0x1/0x2', stack: 'outer+0x3/0x4', origin: 'test.boot:9' });
  earlyIoremap(machine, 0x5000n, 0x1000n);
}

describe('last and next-write', () => {
  it('walk through the changes of an address, backward and forward', () => {
    const session = typed(remapped);
    session.do('goto end');
    const afters = ['last 0xffffffffff200000', 'last 0xffffffffff200000', 'last 0xffffffffff200000'].map(
      (line) => session.move(line).changes[0],
    );
    expect(afters.map((change) => change?.kind === 'entry' && change.after.phys)).toEqual([0x5000n, null, 0x1000n]);
    const again = ['nw 0xffffffffff200000', 'next-write 0xffffffffff200000'].map(
      (line) => session.move(line).changes[0],
    );
    expect(again.map((change) => change?.kind === 'entry' && change.after.phys)).toEqual([null, 0x5000n]);
  });

  it('stay where they are when nothing changed it', () => {
    const session = typed(remapped);
    session.do('goto 300');
    expect(session.move('last slot 7')).toMatchObject({
      at: { position: 300 },
      reason: { kind: 'unchanged', target: 'slot 7' },
    });
    session.do('goto end');
    expect(session.move('next-write slot 0').reason.kind).toBe('unchanged');
  });

  it('know registers, variables, the phase and what the TLB holds', () => {
    const session = typed(remapped);
    session.do('goto end');
    expect(session.move('last phase').event?.event).toMatchObject({ type: 'phase.entered', name: 'setup_arch' });
    expect(session.move('last $cr3').event?.event.type).toBe('cr3.loaded');
    session.do('goto end');
    expect(session.move('last tlb 0xffffffffff200000').event?.event.type).toBe('tlb.page-flushed');
    expect(session.move('last tlb 0xffffffffff200000').event?.event.type).toBe('tlb.filled');
    session.do('goto end');
    expect(session.move('!tt ba- w 0xffffffffff200000').event?.event.type).toBe('pte.written');
    expect(refusalOf(session, 'last cr9', 'command/usage').hint).toContain('cr');
    expect(refusalOf(session, 'last pte 0xffff888000000000', 'command/usage').hint).toContain('walk');
  });
});

describe('history', () => {
  it('tells every value of an address with the positions that each held', () => {
    const session = typed(remapped);
    const { spans } = session.ask('history 0xffffffffff200000', 'history');
    expect(spans.map(({ value }) => value.kind === 'translation' && value.phys)).toEqual([
      null,
      0x1000n,
      null,
      0x5000n,
    ]);
    expect(spans.at(0)).toMatchObject({ from: 0, event: null });
    expect(spans.at(-1)).toMatchObject({ to: null, event: { event: { type: 'pte.written' } } });
    for (const [i, span] of spans.slice(1).entries()) expect(spans[i]!.to).toBe(span.from);
    for (const { from, to, value } of spans) {
      for (const position of [from, (to ?? session.end + 1) - 1]) {
        session.do(`goto ${position}`);
        const { outcome } = session.ask('walk 0xffffffffff200000', 'walk');
        expect(outcome.kind === 'mapped' ? outcome.phys : null).toBe(value.kind === 'translation' && value.phys);
      }
    }
  });

  it('tells it of entries, slots and registers', () => {
    const session = typed(remapped);
    session.do('goto end');
    const entry = session.ask('history pte 0xffffffffff200000', 'history');
    expect(entry.spans.map(({ value }) => value.kind === 'entry' && value.entry.present)).toEqual([
      false,
      true,
      false,
      true,
    ]);
    const slot = session.ask('history slot 0', 'history');
    expect(slot.spans.map(({ value }) => value.kind === 'slot' && value.slot.inUse)).toEqual([
      false,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(session.ask('history cr3', 'history').spans.length).toBeGreaterThan(1);
    expect(session.ask('history phase', 'history').spans.at(-1)?.value).toEqual({ kind: 'text', value: 'setup_arch' });
  });
});

describe('why', () => {
  it('leads from a mapping to the line that asked for it, and to what it stands on', () => {
    const session = typed(remapped);
    session.do('goto end');
    const { chain } = session.ask('why 0xffffffffff200000', 'why');
    const own = chain.filter((cause) => cause.level === 0);
    expect(own.map((cause) => cause.relation)).toEqual(['made-by', 'called-by', 'called-by', 'called-by', 'origin']);
    expect(own.map((cause) => cause.call?.fn)).toEqual([
      undefined,
      '__early_set_fixmap',
      '__early_ioremap',
      'early_ioremap',
      'early_ioremap',
    ]);
    expect(own.at(-1)).toMatchObject({
      origin: 'test.boot:9',
      call: { caller: 'late_user+0x1/0x2', stack: 'outer+0x3/0x4' },
    });
    const stands = chain
      .filter((cause) => cause.level === 1 && cause.event !== null)
      .map((cause) => `${cause.relation} ${cause.about}`);
    expect(stands).toEqual(
      expect.arrayContaining(['allocated-by bm_pte', 'needs pmd[505] of level2_fixmap_pgt', 'loaded-by cr3']),
    );
  });

  it('names the call behind a slot, and the event under the feet counts', () => {
    const session = typed();
    session.go('goto end', 'last slot 1');
    const { chain } = session.ask('why slot 1', 'why');
    expect(chain[0]).toMatchObject({ relation: 'made-by', event: { event: { type: 'slot.released' } } });
    session.do('goto start');
    expect(session.ask('why slot 1', 'why').chain).toEqual([]);
  });
});

describe('walk', () => {
  it('shows each level, who stored each entry, and what the TLB would answer', () => {
    const session = typed();
    session.do('goto end');
    const view = session.ask('walk 0xffffffffff200123', 'walk');
    expect(view.levels.map(({ level, name, index }) => `${level} ${name}[${index}]`)).toEqual([
      'pgd early_top_pgt[511]',
      'pud level3_kernel_pgt[511]',
      'pmd level2_fixmap_pgt[505]',
      'pte bm_pte[0]',
    ]);
    expect(view.outcome).toMatchObject({
      kind: 'mapped',
      phys: 0xf0123n,
      pageSize: 0x1000n,
      writable: true,
      noExec: true,
      memoryType: 'WB',
    });
    expect(view.tlb).toMatchObject({ answers: 0xf0123n, stale: false });
    const { writtenBy } = view.levels.at(-1)!;
    expect(session.timeline.event(writtenBy!)).toMatchObject({ type: 'pte.written', index: 0 });
  });

  it('says where an unmapped address ends, and refuses one that is not canonical', () => {
    const session = typed();
    session.do('goto end');
    expect(session.ask('walk 0xffffffffff240000', 'walk').outcome).toEqual({ kind: 'not-present', level: 'pte' });
    expect(session.ask('pagewalk fix FIX_APIC_BASE', 'walk').name).toBe('FIX_APIC_BASE');
    expect(refusalOf(session, 'walk 0x800000000000', 'address/not-canonical').hint).toContain('0xffff800000000000');
  });

  it('takes symbols, slots and expressions for addresses', () => {
    const session = typed();
    session.do('goto end');
    expect(session.ask('walk bm_pte', 'walk').vaddr).toBe(kernel.symbols['bm_pte']);
    expect(session.ask('walk slot 1', 'walk').vaddr).toBe(0xffff_ffff_ff24_0000n);
    expect(session.ask('walk slots[0].virt + 0x1000', 'walk').vaddr).toBe(0xffff_ffff_ff20_1000n);
    expect(session.ask('walk ffffffffff200000', 'walk').vaddr).toBe(0xffff_ffff_ff20_0000n);
  });

  it('shows a stale translation', () => {
    const session = typed((machine) => {
      const mapped = earlyIoremap(machine, 0x7000n, 0x1000n)!;
      load(machine, mapped);
      const table = machine.view.pages.tables().find((frame) => machine.view.pages.info(frame)?.name === 'bm_pte')!;
      const before = machine.view.pages.entry(table, 0);
      machine.emit({ type: 'pte.written', table: table as never, index: 0, before, after: 0n as never });
    });
    session.do('goto end');
    expect(session.ask('walk slot 0', 'walk')).toMatchObject({
      outcome: { kind: 'not-present' },
      tlb: { stale: true, answers: 0x7000n },
    });
    expect(session.ask('info tlb', 'tlb').entries).toMatchObject([{ vaddr: 0xffff_ffff_ff20_0000n, stale: true }]);
    expect(session.ask('info summary', 'summary').tlb).toEqual({ entries: 1, stale: 1 });
  });
});

describe('the views', () => {
  it('of the slots name the owner of each mapping', () => {
    const session = typed();
    session.do('goto end');
    const { slots } = session.ask('info slots', 'slots');
    expect(slots).toHaveLength(8);
    expect(slots[0]).toMatchObject({
      inUse: true,
      prevMap: 0xffff_ffff_ff20_0000n,
      prevSize: 0x2000n,
      presentPages: 2,
      owner: { fn: 'early_ioremap', origin: 'test.boot:3' },
    });
    expect(slots[1]).toMatchObject({ inUse: false, prevSize: 0x178n, owner: null, claimedBy: null });
  });

  it('of the fixmap show mapped indices one by one and the rest in runs', () => {
    const session = typed((machine) => {
      twoMappings(machine);
      setFixmap(machine, fixmapIndexOf(kernel, 'FIX_APIC_BASE'), physAddr(0xfee00000n));
    });
    session.do('goto end');
    const { rows } = session.ask('info fixmap', 'fixmap');
    expect(rows.filter((row) => row.mapped !== null).map((row) => [row.name, row.mapped?.phys])).toEqual([
      ['FIX_APIC_BASE', 0xfee00000n],
      ['FIX_BTMAP slot 0', 0xf1000n],
      ['FIX_BTMAP slot 0', 0xf0000n],
    ]);
    for (const [i, row] of rows.slice(1).entries()) expect(row.first).toBe(rows[i]!.last + 1);
    expect(session.ask('info fixmap FIX_APIC_BASE', 'fixmap').rows).toMatchObject([
      { name: 'FIX_APIC_BASE', mapped: { phys: 0xfee00000n } },
    ]);
    expect(refusalOf(session, 'info fixmap FIX_APIC_BSE', 'fixmap/unknown').hint).toContain('FIX_APIC_BASE');
  });

  it('of the page tables merge neighbouring pages into runs', () => {
    const session = typed();
    session.do('goto end');
    const all = session.ask('vmmap', 'pagetable');
    expect(all.runs.at(-1)).toMatchObject({
      vaddr: 0xffff_ffff_ff20_0000n,
      end: 0xffff_ffff_ff20_2000n,
      phys: 0xf0000n,
      pages: 2,
      pageSize: 0x1000n,
      flags: 'RW G NX',
    });
    expect(all.runs.find((run) => run.pageSize === 0x200000n)!.pages).toBeGreaterThan(1);
    expect(session.ask('vmmap slot 0', 'pagetable').runs).toHaveLength(1);
    expect(session.ask('info pagetable 0..0x1000000', 'pagetable').runs).toEqual([]);
    expect(refusalOf(session, 'vmmap 5..5', 'address/invalid').message).toContain('empty');
  });

  it('of registers and variables say what their bits mean', () => {
    const session = typed();
    session.do('goto end');
    const { registers } = session.ask('info registers', 'registers');
    expect(registers.map(({ name }) => name)).toEqual(['cr0', 'cr3', 'cr4', 'efer']);
    expect(registers.find(({ name }) => name === 'cr4')?.flags).toContain('PGE');
    expect(registers.find(({ name }) => name === 'efer')?.flags).toContain('NXE');
  });

  it('of the whole count events up to the position only', () => {
    const session = typed();
    session.do('goto end');
    const end = session.ask('info summary', 'summary');
    expect(end.events.reduce((sum, { count }) => sum + count, 0)).toBe(session.end);
    expect(end.slots).toMatchObject({ inUse: 1, peak: 2, total: 8 });
    session.do(`goto ${end.slots.peakAt}`);
    expect(session.ask('info summary', 'summary').slots).toMatchObject({ inUse: 2, peak: 2, peakAt: end.slots.peakAt });
    session.do('goto 10');
    expect(session.ask('info summary', 'summary')).toMatchObject({
      calls: 1,
      openCalls: 1,
      slots: { peak: 0, peakAt: 0 },
    });
  });

  it('become JSON with every number of 64 bits as hex', () => {
    const session = typed();
    session.do('goto end');
    for (const line of [
      'info slots',
      'info fixmap',
      'walk slot 0',
      'vmmap',
      'info tlb',
      'info registers',
      'info calls',
      'info profile',
      'list',
      'last slot 0',
      'history slot 0',
      'why slot 0',
      'diff start end',
      'print slots',
    ]) {
      const text = JSON.stringify(toJson(session.do(line)));
      expect(text).toMatch(/^\{"type":"/);
      expect(text).not.toContain('undefined');
    }
    expect(toJson(session.do('when'))).toEqual({
      type: 'position',
      position: session.position,
      total: session.end,
      percent: expect.any(Number) as number,
      phase: 'setup_arch',
    });
    expect(toJson(session.do('list .  1'))).toMatchObject({
      rows: [{ event: { seq: session.position - 1, type: 'slot.claimed', vaddr: '0xffffffffff200000' } }],
    });
  });
});

describe('other questions', () => {
  it('print what expressions come to, at the position and about its event', () => {
    const session = typed();
    session.go('goto end', 'last slot 0');
    expect(session.ask('p slots[0].phys', 'value').value).toEqual({ kind: 'number', value: 0xf0000n, show: 'hex' });
    expect(session.ask('print slots_in_use == 1', 'value').value).toEqual({ kind: 'boolean', value: true });
    expect(session.ask('print event.type', 'value').value).toEqual({ kind: 'text', value: 'slot.claimed' });
    expect(session.ask('print walk(0x1000).phys', 'value').value).toEqual({ kind: 'none' });
    expect(session.ask('print slots[1]', 'value').value).toMatchObject({ kind: 'record', name: 'slot' });
    expect(session.ask('print slots', 'value').value).toMatchObject({ kind: 'list', leftOut: 0 });
    expect(refusalOf(session, 'print slots_in_us', 'expression/name').hint).toContain('slots_in_use');
  });

  it('display expressions at every stop', () => {
    const session = typed();
    session.do('display slots_in_use');
    session.do('display 1 / (slots_in_use - 1)');
    session.do('goto end');
    const stop = session.move('last slot 0');
    expect(stop.displays).toMatchObject([
      { number: 1, value: { kind: 'number', value: 1n } },
      { number: 2, value: { kind: 'error' } },
    ]);
    session.do('undisplay 1');
    expect(session.ask('display', 'displays').displays.map(({ number }) => number)).toEqual([2]);
    expect(refusalOf(session, 'undisplay 9', 'command/usage').hint).toContain('displays');
    expect(refusalOf(session, 'display nope', 'expression/name').message).toContain('nope');
  });

  it('tell what differs between two positions in the order of time', () => {
    const session = typed();
    session.do('goto end');
    const forward = session.ask('diff .-40 end', 'diff');
    expect(session.ask('diff end .-40', 'diff').changes).toEqual(forward.changes);
    const whole = session.ask('diff start', 'diff').changes;
    expect(
      whole.filter((change) => change.kind === 'slot').map((change) => change.kind === 'slot' && change.slot),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(whole.some((change) => change.kind === 'table' && change.name === 'bm_pte')).toBe(true);
    expect(session.ask('diff end end', 'diff').changes).toEqual([]);
  });

  it('print numbers in the base that was asked for', () => {
    const session = typed();
    session.do('goto end');
    const shown = (line: string) => session.ask(line, 'value').value;
    expect(shown('print/x 12')).toEqual({ kind: 'number', value: 12n, show: 'hex' });
    expect(shown('p/d PAGE_OFFSET')).toMatchObject({ show: 'dec' });
    expect(shown('print/t 5')).toMatchObject({ show: 'bin' });
    expect(shown('p/x true')).toEqual({ kind: 'boolean', value: true });
    expect(refusalOf(session, 'print/q 1', 'command/usage').hint).toContain('print[/x');
  });

  it('tell every event of a kind with what expressions came to there, wherever one stands', () => {
    const session = typed();
    session.do('goto 10');
    const table = session.ask('each slot.claimed print slot; phys; slots_in_use; tlb[0].phys', 'each');
    expect(table.ended).toBe('end');
    expect(table.rows.map(({ values }) => values.slice(0, 3))).toMatchObject([
      [{ value: 0n }, { value: 0xf0000n }, { value: 1n }],
      [{ value: 1n }, { value: 0xf5a20n }, { value: 2n }],
    ]);
    expect(session.ask('each slot.claimed if slot == 1', 'each').rows).toHaveLength(1);
    expect(session.ask('each if slots_in_use == 1', 'each').rows.map(({ event }) => event.type)).toEqual([
      'slot.claimed',
      'slot.released',
    ]);
    expect(session.position).toBe(10);
    expect(refusalOf(session, 'each slot.claimed print sloth', 'expression/name').hint).toContain('slot');
  });

  it('find events by a text in their names, callers, messages and numbers', () => {
    const session = typed();
    expect(session.ask('search DMI_scan', 'search').found).toMatchObject([
      { event: { type: 'call.entered', fn: 'early_ioremap' } },
    ]);
    expect(session.ask('search -n 1 slot.cl', 'search').found).toHaveLength(1);
    expect(session.ask('search 0xf5a20', 'search').found.length).toBeGreaterThan(1);
    expect(session.ask('search -r acpi_find', 'search').found).toEqual([]);
    session.do('goto end');
    expect(session.ask('search -r "acpi_find"', 'search').found).toHaveLength(1);
  });

  it('show words of page-table pages and of nothing else', () => {
    const session = typed();
    session.do('goto end');
    const { words } = session.ask('x/3gp bm_pte', 'memory');
    expect(words).toMatchObject([
      { name: 'bm_pte[0]', value: 0x8000_0000_000f_0163n, entry: { phys: 0xf0000n } },
      { name: 'bm_pte[1]', entry: { phys: 0xf1000n } },
      { name: 'bm_pte[2]', value: 0n, entry: { present: false } },
    ]);
    expect(session.ask('x/8bx bm_pte', 'memory').words.map(({ value }) => value)).toEqual([
      0x63n,
      0x01n,
      0x0fn,
      0n,
      0n,
      0n,
      0n,
      0x80n,
    ]);
    expect(session.ask('x/2wx bm_pte+4', 'memory').words[0]?.value).toBe(0x8000_0000n);
    expect(session.ask('x 0xffffffffff200000', 'memory').words).toMatchObject([{ phys: 0xf0000n, value: null }]);
    expect(session.ask('x 0xffff888000000000', 'memory').words).toHaveLength(1);
    expect(refusalOf(session, 'x/2gx bm_pte+4', 'address/invalid').message).toContain('multiple of 8');
    expect(refusalOf(session, 'x/99999gx bm_pte', 'command/usage').code).toBe('command/usage');
  });
});

describe('resources', () => {
  const session = (): ReturnType<typeof typed> =>
    typed((machine) => {
      requestRegion(machine, 0x60n, 1n, 'keyboard');
      requestRegion(machine, 0x70n, 8n, 'rtc');
      requestRegion(machine, 0x77n, 1n, 'taken');
      releaseRegion(machine, 0x70n, 8n);
      requestRegion(machine, 0x70n, 2n, 'rtc0');
    });

  it('have a history by range, in the words of /proc', () => {
    const { spans, target } = session().ask('history ioport 0070-0077', 'history');
    expect(target).toBe('ioport 0x70-0x77');
    expect(
      spans.map(({ value }) => value.kind === 'resources' && value.resources.map(({ name, end }) => `${name} ${end}`)),
    ).toEqual([[], ['rtc 119'], [], ['rtc0 113']]);
    expect(session().ask('history ioports 60', 'history').spans).toHaveLength(2);
    expect(session().ask('history iomem 60-77', 'history').spans).toHaveLength(1);
  });

  it('are watched, asked after and explained like anything else', () => {
    const asked = session();
    asked.do('goto end');
    expect(asked.move('last ioport 0x70-0x77').event?.event).toMatchObject({ type: 'resource.claimed', name: 'rtc0' });
    expect(asked.move('last ioport 0x70-0x77').event?.event).toMatchObject({ type: 'resource.released', name: 'rtc' });
    asked.do('watch ioport 70-77 if position > 0');
    expect(asked.move('rc').event?.event).toMatchObject({ type: 'resource.claimed', name: 'rtc' });
    expect(asked.ask('why ioport 70', 'why').chain.map((cause) => cause.relation)).toContain('called-by');
    expect(asked.go('catch conflict', 'goto start', 'c').reason).toMatchObject({
      hits: [{ what: 'ioport 0x70-0x77' }],
    });
    expect(refusalOf(asked, 'last ioport 77-70', 'address/invalid').hint).toContain('0x70-0x77');
    expect(refusalOf(asked, 'rwatch ioport 70', 'command/usage').message).toContain('MMU');
    expect(refusalOf(asked, 'last iomem nowhere', 'address/invalid').hint).toContain('/proc');
  });
});

describe('the difference of two positions', () => {
  it('tells of resources, the memory map and areas as ranges', () => {
    const session = typed((machine) => {
      requestRegion(machine, 0x60n, 1n, 'keyboard');
      releaseRegion(machine, 0x60n, 1n);
      requestRegion(machine, 0x70n, 8n, 'rtc');
      findKernelFunction('e820__range_add')!.run(machine, [0x1000n, 0x1000n, 1n], []);
    });
    const { changes } = session.ask('diff start end', 'diff');
    expect(changes.filter((change) => change.kind === 'range')).toEqual([
      { kind: 'range', what: 'ioport', before: null, after: { start: 0x70n, end: 0x77n, name: 'rtc', depth: 0 } },
      {
        kind: 'range',
        what: 'e820',
        before: null,
        after: { start: 0x1000n, end: 0x1fffn, name: expect.stringMatching(/usable|RAM/) as string, depth: 0 },
      },
    ]);
    expect(changes.filter((change) => change.kind === 'value' && /^(?:resources|e820)/.test(change.path))).toEqual([]);
  });
});
