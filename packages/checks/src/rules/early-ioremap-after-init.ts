import type { Frame, Moment, Rule } from '../types.ts';

const initFunctions = new Set([
  'early_ioremap',
  'early_memremap',
  'early_memremap_ro',
  'early_memremap_prot',
  'early_iounmap',
  'early_memunmap',
  'copy_from_early_mem',
  '__early_ioremap',
  '__early_set_fixmap',
  'early_ioremap_init',
  'early_ioremap_setup',
]);

const isInside = (frame: Frame | null): boolean => {
  for (let at = frame?.outer ?? null; at; at = at.outer) if (initFunctions.has(at.fn)) return true;
  return false;
};

/** The functions are __init: their code is given back with the rest of init memory. */
export const earlyIoremapAfterInit: Rule = {
  name: 'early-ioremap-after-init',
  severity: 'error',
  title: 'early_ioremap() was called after init memory was freed',
  explanation:
    'The early mapping functions are __init code, and free_initmem() gives their pages away. A later call runs into memory that is no longer executable, or into whatever lies there by then. Something that runs late still thinks that it runs early.',
  source: 'mm/early_ioremap.c (all of it __init); arch/x86/mm/init.c free_initmem()',
  start: () => {
    let freedAt = -1;
    const entered = ({ fn }: { readonly fn: string }, moment: Moment): void => {
      if (freedAt < 0 || isInside(moment.frame)) return;
      const message = `${fn}() was called, and its code was freed before.`;
      const details = [{ name: 'freed at', value: `#${freedAt + 1}` }];
      const { seq: last, frame } = moment;
      moment.report({ message, first: freedAt, last, frame, details, owns: [last] });
    };
    return {
      events: {
        'variable.set': ({ name, after }, { seq }) => {
          if (name === 'kwind.initmem_freed' && after !== 0n && freedAt < 0) freedAt = seq;
        },
      },
      calls: {
        ...Object.fromEntries([...initFunctions].map((fn) => [fn, { entered }])),
        free_initmem: {
          returned: (_, { seq }) => {
            if (freedAt < 0) freedAt = seq;
          },
        },
      },
    };
  },
};
