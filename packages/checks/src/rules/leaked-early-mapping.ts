import { hex, hex16 } from '@kwind/x86';
import type { Frame, Moment, OpenFinding, Rule } from '../types.ts';

interface Live {
  readonly seq: number;
  readonly vaddr: bigint;
  readonly phys: bigint;
  readonly size: bigint;
  readonly frame: Frame | null;
}

/** A slot that is still in use when the boot has come to the point where the kernel itself counts them. */
export const leakedEarlyMapping: Rule = {
  name: 'leaked-early-mapping',
  severity: 'error',
  title: 'an early mapping was never unmapped',
  explanation:
    'early_ioremap() has a handful of slots for the whole boot, and what is mapped there is gone once init memory is. The kernel counts the slots in use at late_initcall, and can only say how many there are; the call that made the mapping is the one to look at.',
  source: 'mm/early_ioremap.c check_early_ioremap_leak()',
  start: () => {
    const live = new Map<number, Live>();
    const leaked = new Map<number, OpenFinding>();
    const count = (moment: Moment, owner: Frame | null): void => {
      for (const [slot, mapping] of live) {
        const { vaddr, phys, size, seq, frame } = mapping;
        const message = `slot ${slot} still maps ${hex(phys)}, ${hex(size)} bytes, at ${hex16(vaddr)}.`;
        const finding = leaked.get(slot) ?? moment.report({ message, first: seq, last: moment.seq, frame });
        if (owner) finding.owns(owner.seq);
        leaked.set(slot, finding);
      }
    };
    return {
      events: {
        'slot.claimed': ({ seq, slot, vaddr, phys, size }, { frame }) => {
          live.set(slot, { seq, vaddr, phys, size, frame });
          leaked.delete(slot);
        },
        'slot.released': ({ seq, slot }) => {
          live.delete(slot);
          leaked.get(slot)?.end(seq);
          leaked.delete(slot);
        },
        'phase.entered': ({ name }, moment) => {
          if (name === 'late_initcall') count(moment, null);
        },
      },
      calls: {
        check_early_ioremap_leak: { entered: (_, moment) => count(moment, moment.frame) },
        free_initmem: { entered: (_, moment) => count(moment, null) },
      },
    };
  },
};
