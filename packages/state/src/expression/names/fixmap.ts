import { fixToVirt, vaddr, virtToFix } from '@kwind/x86';
import type { MachineView } from '../../machine.ts';
import type { Declaration } from '../scope.ts';
import { addressType, numberType, type Value } from '../values.ts';

function toVirt(view: MachineView, idx: bigint): Value {
  const found = fixToVirt(view.profile, idx > 0xffff_ffffn ? -1 : Number(idx));
  return found.ok ? found.vaddr : null;
}

function toFix(view: MachineView, address: bigint): Value {
  const found = virtToFix(view.profile, vaddr(address));
  return found.ok ? BigInt(found.idx) : null;
}

/** Fixmap arithmetic. Where the kernel would BUG there is no value, so that a condition can be tried on any address. */
export const fixmapNames: readonly Declaration[] = [
  {
    name: 'fix_to_virt',
    doc: 'Address of a fixmap index; no value where the kernel would refuse.',
    group: 'fixmap',
    type: addressType,
    params: [{ name: 'idx', type: numberType }],
    get: ({ view }, [idx]) => toVirt(view, idx as bigint),
  },
  {
    name: 'fix',
    doc: 'Short for fix_to_virt: fix(FIX_APIC_BASE).',
    group: 'fixmap',
    type: addressType,
    params: [{ name: 'NAME', type: numberType }],
    get: ({ view }, [idx]) => toVirt(view, idx as bigint),
  },
  {
    name: 'virt_to_fix',
    doc: 'Fixmap index of an address; no value where the kernel would BUG: outside the permanent fixmaps, and in the page of index 0.',
    group: 'fixmap',
    type: numberType,
    params: [{ name: 'va', type: addressType }],
    get: ({ view }, [address]) => toFix(view, address as bigint),
  },
];
