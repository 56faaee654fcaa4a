import { E820, IOMEM_RESOURCE, IOPORT_RESOURCE, IORES_DESC, IORESOURCE, type KernelProfile } from '@kwind/x86';
import { errno } from './errno.ts';

/** Constants of resources and of the memory map by their kernel names, and error numbers. */
export function resourceConstants(profile: KernelProfile): readonly (readonly [string, bigint])[] {
  // E820_RAM became E820_TYPE_RAM with all its like.
  const e820Prefix = profile.e820.ramConstant.replace('RAM', '');
  return [
    ['ioport_resource', IOPORT_RESOURCE],
    ['iomem_resource', IOMEM_RESOURCE],
    ...Object.entries(IORESOURCE).map(([name, flag]) => [`IORESOURCE_${name}`, flag] as const),
    ...(profile.resource.desc ? Object.entries(IORES_DESC) : []).map(
      ([name, value]) => [`IORES_DESC_${name}`, BigInt(value)] as const,
    ),
    ...Object.entries(E820).map(([name, value]) => [`${e820Prefix}${name}`, BigInt(value)] as const),
    ...Object.entries(errno),
  ];
}
