import { addressMarkers, bare16, PTE, u64, type AddressMarker, type KernelProfile, type Level } from '@kwind/x86';

/** What the walk met at an address: the bits of an entry without its frame, and the rights over all levels down to it. */
export interface Noted {
  readonly level: Level;
  readonly flags: bigint;
  readonly effective: bigint;
}

const UNITS = 'BKMGTPE';
const TEN_BITS = 1023n;
const BLANK = ' '.repeat(30);
/** After the last marker none is reached any more. */
const NEVER = 0xffff_ffff_ffff_ffffn;

/** A size in the largest unit that divides it, right-aligned: `     612K`. */
function printSize(bytes: bigint): string {
  let [value, unit] = [bytes, 0];
  while ((value & TEN_BITS) === 0n && unit < UNITS.length - 1) {
    value >>= 10n;
    unit++;
  }
  return `${String(value).padStart(9)}${UNITS[unit]}`;
}

/** The columns of a row: each bit has a place of its own, blank when it is not set. */
function printFlags(profile: KernelProfile, { level, flags }: Noted): string {
  const isShown = profile.ioremap.ptdump.showsAbsentBits ? flags !== 0n : (flags & PTE.PRESENT) !== 0n;
  if (!isShown) return `${BLANK}${level}`;
  const has = (bit: bigint): boolean => (flags & bit) !== 0n;
  const column = (shown: boolean, name: string): string => (shown ? `${name} ` : ' '.repeat(4));
  const pat = level === 'pte' ? has(PTE.PAT) : (level === 'pmd' || level === 'pud') && has(PTE.PAT_LARGE);
  return [
    column(has(PTE.USER), 'USR'),
    has(PTE.RW) ? 'RW ' : 'ro ',
    column(has(PTE.PWT), 'PWT'),
    column(has(PTE.PCD), 'PCD'),
    column(level !== 'pte' && has(PTE.PSE), 'PSE'),
    column(pat, 'PAT'),
    column(has(PTE.GLOBAL), 'GLB'),
    has(PTE.NX) ? 'NX ' : 'x  ',
    level,
  ].join('');
}

/**
 * Joins what a walk meets into rows, and puts the markers between them. A row ends where bits, rights or level change, and at
 * the first address at or after a marker; each address passes one marker at most.
 * @kernel arch/x86/mm/dump_pagetables.c note_page()
 */
export class RowPrinter {
  readonly #profile: KernelProfile;
  readonly #markers: readonly AddressMarker[];
  readonly #lines: string[] = [];
  #marker = 0;
  #rows = 0;
  #start = 0n;
  #current: Noted | undefined;

  constructor(profile: KernelProfile) {
    this.#profile = profile;
    this.#markers = addressMarkers(profile);
  }

  get #nextMarker(): bigint {
    return this.#markers[this.#marker + 1]?.start ?? NEVER;
  }

  /** Note `count` equal entries of `size` bytes from `address` on; address by address, but without looking at each. */
  run(address: bigint, noted: Noted, size: bigint, count: number): void {
    const end = address + size * BigInt(count);
    this.note(address, noted);
    for (let at = address + size; at < end; at += size) {
      const marker = this.#nextMarker;
      if (marker > at) at = address + ((marker - address + size - 1n) / size) * size;
      if (at >= end) return;
      this.note(at, noted);
    }
  }

  note(address: bigint, noted: Noted): void {
    const current = this.#current;
    if (!current) {
      this.#current = noted;
      this.#lines.push(`---[ ${this.#markers[0]!.name} ]---`);
      return;
    }
    const isSame = noted.flags === current.flags && noted.level === current.level && this.#sameRights(noted, current);
    if (isSame && address < this.#nextMarker) return;
    this.#row(address, current);
    if (address >= this.#nextMarker) this.#passMarker();
    this.#start = address;
    this.#current = noted;
  }

  /** End the last row at the end of the address space, and give the whole text. */
  finish(): string {
    if (this.#current) this.#row(0n, this.#current);
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  #sameRights(a: Noted, b: Noted): boolean {
    return !this.#profile.ioremap.ptdump.breaksOnEffective || a.effective === b.effective;
  }

  #row(end: bigint, noted: Noted): void {
    const { maxLines } = this.#markers[this.#marker]!;
    if (maxLines === 0 || this.#rows < maxLines) {
      const range = `0x${bare16(this.#start)}-0x${bare16(end)}`;
      this.#lines.push(`${range}   ${printSize(u64(end - this.#start))} ${printFlags(this.#profile, noted)}`);
    }
    this.#rows++;
  }

  #passMarker(): void {
    const { maxLines } = this.#markers[this.#marker]!;
    const skipped = this.#rows - maxLines;
    if (maxLines > 0 && skipped > 0) this.#lines.push(`... ${skipped} entr${skipped === 1 ? 'y' : 'ies'} skipped ... `);
    this.#marker++;
    this.#rows = 0;
    this.#lines.push(`---[ ${this.#markers[this.#marker]!.name} ]---`);
  }
}
