import type { CaptureLevel } from '@kwind/events';

/** What a traced function is to kwind. */
export type Traced =
  | { readonly is: 'store'; readonly level: CaptureLevel }
  | {
      readonly is:
        | 'page-flush'
        | 'range-flush'
        | 'root-load'
        | 'map'
        | 'unmap'
        | 'setup'
        | 'resource'
        | 'ioremap'
        | 'iounmap'
        | 'mapping'
        | 'inner';
    }
  | { readonly is: 'flush'; readonly scope: 'non-global' | 'all' }
  | { readonly is: 'phase' };

const store = (level: CaptureLevel): Traced => ({ is: 'store', level });
const [resource, phase, mapping, inner]: readonly Traced[] = [
  { is: 'resource' },
  { is: 'phase' },
  { is: 'mapping' },
  { is: 'inner' },
];

/** Every function that is understood, with its names in older kernels. Others are kept as calls without a meaning. */
const known: Readonly<Record<string, Traced>> = {
  native_set_pte: store('pte'),
  native_set_pmd: store('pmd'),
  native_set_pud: store('pud'),
  native_set_p4d: store('p4d'),
  native_set_pgd: store('pgd'),
  native_flush_tlb_one_user: { is: 'page-flush' },
  __native_flush_tlb_one_user: { is: 'page-flush' },
  __native_flush_tlb_single: { is: 'page-flush' },
  native_flush_tlb_local: { is: 'flush', scope: 'non-global' },
  native_flush_tlb: { is: 'flush', scope: 'non-global' },
  __native_flush_tlb: { is: 'flush', scope: 'non-global' },
  native_flush_tlb_global: { is: 'flush', scope: 'all' },
  __native_flush_tlb_global: { is: 'flush', scope: 'all' },
  flush_tlb_kernel_range: { is: 'range-flush' },
  native_write_cr3: { is: 'root-load' },
  __early_ioremap: { is: 'map' },
  early_iounmap: { is: 'unmap' },
  early_ioremap_setup: { is: 'setup' },
  request_resource: resource!,
  request_resource_conflict: resource!,
  insert_resource: resource!,
  insert_resource_conflict: resource!,
  insert_resource_expand_to_fit: resource!,
  reserve_region_with_split: resource!,
  __request_region: resource!,
  __release_region: resource!,
  release_resource: resource!,
  allocate_resource: resource!,
  adjust_resource: resource!,
  remove_resource: resource!,
  __ioremap_caller: { is: 'ioremap' },
  iounmap: { is: 'iounmap' },
  ioremap_page_range: mapping!,
  __early_set_fixmap: mapping!,
  native_set_fixmap: mapping!,
  early_ioremap_init: mapping!,
  early_ioremap_reset: inner!,
  check_early_ioremap_leak: inner!,
  setup_arch: phase!,
  paging_init: phase!,
  alternative_instructions: phase!,
  free_initmem: phase!,
};

export const tracedFunction = (fn: string): Traced | undefined => (Object.hasOwn(known, fn) ? known[fn] : undefined);

const leaves: readonly Traced['is'][] = ['store', 'page-flush', 'flush', 'root-load', 'setup', 'inner', 'phase'];

/** Functions that call nothing that is traced, so that they end where they begin; setup_arch() is the exception among the phases. */
export function isLeaf(fn: string): boolean {
  const traced = tracedFunction(fn);
  return traced !== undefined && fn !== 'setup_arch' && leaves.includes(traced.is);
}
