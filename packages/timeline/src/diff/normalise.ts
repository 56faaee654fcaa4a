import { codeOfType, isEntryCode, specOfType, type EventView, type FieldKind } from '@kwind/events';
import { hex, paOf, PMD_SIZE, symbolAt, vaddr, vmallocEnd, type KernelProfile, type Vaddr } from '@kwind/x86';
import { Roles } from './roles.ts';
import type { DiffOptions, DiffSide } from './types.ts';

const FRAME = 0x000f_ffff_ffff_f000n;
const OFFSET = /\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/g;
const POINTER = /\b(?:0x)?([0-9a-f]{16})\b/g;
/** A pointer as %p prints it: as it is, hashed, or not at all. The call itself has it among its arguments. */
const UNMAP = /^early_iounmap\([^,]*/;
const IMAGE_TABLE = 'level2_kernel_pgt';
/** Fields of the resource events that hold a pointer to a resource. */
const resourcePointers = new Set(['id', 'parent', 'other']);
/** Where a call was said, and what an unwinder found below its caller: of that, much was never a caller. */
const noise = new Set(['call.entered.origin', 'call.entered.stack']);

/** One field in the words that are compared. */
export interface NormalField {
  readonly name: string;
  readonly text: string;
}

/** native_set_pmd() and its kin take an entry as their second argument. */
const isEntrySetter = (event: EventView): boolean =>
  event.type === 'call.entered' && /^(?:native_)?set_(?:pte|pmd|pud|p4d|pgd)$/.test(event.fn);

/** In what the two sides differ for no reason of their own. */
export interface Apart {
  /** The kernel image lies elsewhere. */
  readonly slid: boolean;
  /** It is another build: its symbols lie elsewhere in it. */
  readonly rebuilt: boolean;
}

/** Says an event in words that do not depend on where a boot happened to put the kernel and what it allocated. */
export class Normaliser {
  readonly #profile: KernelProfile;
  readonly #roles: Roles;
  readonly #ignored: ReadonlySet<string>;
  /** Physical range of the kernel image. */
  readonly #image: { readonly start: bigint; readonly end: bigint };

  readonly #apart: Apart;

  constructor({ reader, profile }: DiffSide, options: DiffOptions, apart: Apart) {
    this.#profile = profile;
    this.#apart = apart;
    this.#roles = new Roles(reader);
    this.#ignored = new Set(options.ignore ?? []);
    // To whole large pages: that is how the image is mapped.
    const start = paOf(profile, vaddr(profile.symbols['_text'] ?? profile.startKernelMap)) ?? profile.physBase;
    const end =
      paOf(profile, vaddr(profile.symbols['_end'] ?? profile.startKernelMap + profile.kernelImageSize - 1n)) ?? start;
    this.#image = { start, end };
  }

  /**
   * Stores to the map of the kernel image outside the image. Start-up code trims that map to the image entry by entry, so
   * their number and order say where the image lies and nothing else.
   */
  isNoise(event: EventView): boolean {
    if (!this.#apart.slid || event.type !== 'pmd.written' || this.#roles.table(event.table) !== IMAGE_TABLE)
      return false;
    const phys = paOf(this.#profile, this.#imageAddress(event.index));
    return phys === undefined || phys + PMD_SIZE <= this.#image.start || phys > this.#image.end;
  }

  #imageAddress(index: number): Vaddr {
    return vaddr(this.#profile.startKernelMap + BigInt(index) * PMD_SIZE);
  }

  /** The fields of an event that count, in the order of the catalogue. */
  fieldsOf(event: EventView): NormalField[] {
    const { type } = event;
    const values = event as unknown as Readonly<Record<string, unknown>>;
    const found: NormalField[] = [];
    for (const [name, kind] of Object.entries(specOfType(type)!.fields)) {
      const full = `${type}.${name}`;
      if (noise.has(full) || this.#ignored.has(name) || this.#ignored.has(full)) continue;
      found.push({ name, text: this.#field(event, name, kind, values[name]) });
    }
    return found;
  }

  /** All of an event that counts, on one line. */
  textOf(event: EventView): string {
    return `${event.type} ${this.fieldsOf(event)
      .map(({ name, text }) => `${name}=${text}`)
      .join(' ')}`;
  }

  /** What makes two calls the same call, whatever happens in them. */
  callKey(event: EventView & { readonly type: 'call.entered' }): string {
    return this.textOf(event);
  }

  #field(event: EventView, name: string, kind: FieldKind, value: unknown): string {
    switch (kind) {
      case 'pfn':
        return this.#roles.table(value as number);
      case 'list':
        return (value as readonly bigint[])
          .map((one, i) => (i === 1 && isEntrySetter(event) ? this.#entry(one) : this.#address(one)))
          .join(',');
      case 'pte':
        return isEntryCode(codeOfType(event.type)) ? this.#entry(value as bigint) : hex(value as bigint);
      case 'vaddr':
      case 'phys':
        return this.#address(value as bigint);
      case 'u64':
        return event.type === 'variable.set' && event.name === 'phys_base' && name !== 'name'
          ? 'phys_base'
          : this.#wide(event.type, name, value as bigint);
      case 'str':
        return this.#text(event.type, name, value as string);
      default:
        return name === 'index' && 'table' in event && this.#roles.table(event.table) === IMAGE_TABLE
          ? this.#address(this.#imageAddress(value as number))
          : String(value);
    }
  }

  #wide(type: string, name: string, value: bigint): string {
    if (
      type.startsWith('resource.') &&
      (resourcePointers.has(name) || (type === 'resource.reparented' && name !== 'start' && name !== 'end'))
    ) {
      return this.#roles.resource(value) ?? hex(value);
    }
    return type === 'cr3.loaded' ? this.#entry(value) : this.#address(value);
  }

  #text(type: string, name: string, value: string): string {
    if (type === 'call.entered' && (name === 'caller' || name === 'stack')) return value.replace(OFFSET, '');
    if (type === 'warn.raised' && UNMAP.test(value)) return value.replace(UNMAP, 'early_iounmap(<pointer>');
    return value.replace(POINTER, (_all, digits: string) => this.#address(BigInt(`0x${digits}`)));
  }

  /** An entry: its flags, and what it points to. */
  #entry(entry: bigint): string {
    const frame = entry & FRAME;
    const flags = hex(entry & ~FRAME);
    if (frame === 0n) return flags;
    const pfn = Number(frame >> 12n);
    return `${this.#roles.isTable(pfn) ? `<${this.#roles.table(pfn)}>` : this.#address(frame)}|${flags}`;
  }

  /** An address relative to the region that it lies in. */
  #address(value: bigint): string {
    const { startKernelMap, kernelImageSize, pageOffset, vmallocStart } = this.#profile;
    if (value >= this.#image.start && value <= this.#image.end) return `image+${hex(value - this.#image.start)}`;
    if (value >= startKernelMap && value < startKernelMap + kernelImageSize) return this.#imagePointer(value);
    if (value >= vmallocStart && value < vmallocEnd(this.#profile)) return `vmalloc+${hex(value - vmallocStart)}`;
    if (value >= pageOffset && value < vmallocStart) return this.#directPointer(value - pageOffset);
    return hex(value);
  }

  #imagePointer(value: bigint): string {
    const known = this.#roles.resource(value) ?? symbolAt(this.#profile, vaddr(value));
    if (known !== undefined) return `<${known}>`;
    if (this.#apart.rebuilt) return '<image>';
    const offset = value - (this.#profile.symbols['_text'] ?? this.#profile.startKernelMap);
    return offset < 0n ? `text-${hex(-offset)}` : `text+${hex(offset)}`;
  }

  #directPointer(phys: bigint): string {
    const frame = Number(phys >> 12n);
    if (this.#roles.isTable(frame)) return `<${this.#roles.table(frame)}>+${hex(phys & 0xfffn)}`;
    const resource = this.#roles.resource(phys + this.#profile.pageOffset);
    return resource === undefined ? `direct+${this.#address(phys)}` : `<${resource}>`;
  }
}
