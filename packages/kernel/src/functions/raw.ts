import { vaddr, type Level } from '@kwind/x86';
import { placeAt } from '../arch/x86/include/pgalloc.ts';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { freeInitmem } from '../arch/x86/mm/free_initmem.ts';
import { call } from '../context.ts';
import { store } from '../cpu/mmu.ts';
import type { KernelFunction } from '../function.ts';
import { declare } from './declare.ts';

const LEVELS: readonly Level[] = ['pte', 'pmd', 'pud', 'p4d', 'pgd'];

const stores: readonly KernelFunction[] = LEVELS.map((level) =>
  declare(
    `void native_set_${level}(${level}_t *${level}p, ${level}_t ${level})`,
    {
      file: 'arch/x86/include/asm/pgtable_64.h',
      doc: `Store a ${level} entry, by its address in the image or the direct map, and flush nothing.`,
    },
    (ctx, pointer, entry) =>
      call(ctx, `native_set_${level}`, [pointer!, entry!], () => {
        const place = placeAt(ctx, vaddr(pointer!));
        if (place) setEntry(ctx, level, place.table, place.index, entry!);
        else store(ctx, vaddr(pointer!));
      }),
  ),
);

/** Stores without the care that the functions above them take, and the end of init memory: what bugs are made of. */
export const rawFunctions: readonly KernelFunction[] = [
  ...stores,
  declare(
    'void set_slot_virt(unsigned int slot, unsigned long vaddr)',
    { file: '', doc: 'The assignment to slot_virt[slot] that early_ioremap_setup() makes, with another address.' },
    (ctx, slot, address) =>
      call(ctx, 'set_slot_virt', [slot!, address!], () => {
        if (slot! < BigInt(ctx.profile.fixBtmapsSlots))
          ctx.emit({ type: 'slot.based', slot: Number(slot), vaddr: vaddr(address!) });
      }),
  ),
  declare(
    'void free_initmem()',
    {
      file: 'arch/x86/mm/init.c',
      doc: 'Give away all that only the boot needs: early_ioremap() is a bug from here on.',
    },
    (ctx) => freeInitmem(ctx),
  ),
];
