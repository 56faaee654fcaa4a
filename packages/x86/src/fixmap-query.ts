import { fixIdx, slot, vaddr, type FixIdx, type Slot, type Vaddr } from './address.ts';
import { ToolError } from './errors.ts';
import { BTMAP_ENTRY, conditionOfRow } from './fixmap-table.ts';
import {
  fixIdxOfSlot,
  fixmapEntryAt,
  fixmapName,
  fixToVirt,
  fixToVirtUnchecked,
  slotOfFixIdx,
  virtToFix,
  virtToFixUnchecked,
  type FixToVirt,
  type VirtToFix,
} from './fixmap.ts';
import { parseNumber, parseVaddr } from './hex.ts';
import type { FixmapEntry, KernelProfile } from './profile.ts';
import { didYouMean } from './suggest.ts';

/** Enumerators that name the last page of a row. */
const lastNames: Readonly<Record<string, string>> = {
  PVCLOCK_FIXMAP_BEGIN: 'PVCLOCK_FIXMAP_END',
  FIX_IO_APIC_BASE_0: 'FIX_IO_APIC_BASE_END',
  FIX_GDT_REMAP_BEGIN: 'FIX_GDT_REMAP_END',
};

/** Every enumerator of the build with its index, end markers included. */
export function fixmapEnumerators(profile: KernelProfile): ReadonlyMap<string, FixIdx> {
  const { entries, endOfPermanent, btmapBegin, endOfFixed } = profile.fixmap;
  const found = new Map<string, FixIdx>();
  for (const { name, index, pages } of entries) {
    found.set(name, fixIdx(index));
    const last = lastNames[name];
    if (last !== undefined) found.set(last, fixIdx(index + pages - 1));
  }
  found.set('FIX_BTMAP_BEGIN', fixIdx(btmapBegin));
  found.set('__end_of_permanent_fixed_addresses', fixIdx(endOfPermanent));
  found.set('__end_of_fixed_addresses', fixIdx(endOfFixed));
  return found;
}

/** A name that other builds have deserves another hint than a misspelled one. */
function unknownFixmap(profile: KernelProfile, text: string, name: string): ToolError {
  const condition = conditionOfRow(name);
  const isOff = condition !== undefined && condition !== '' && profile.config[condition] === false;
  const elsewhere = isOff
    ? `It depends on ${condition}, which is off in this build.`
    : 'Another kernel series has it, this one does not.';
  const names = [...fixmapEnumerators(profile).keys()];
  const hint =
    condition === undefined ? didYouMean(name, names, 'kwind fixmap lists the names of a build.') : elsewhere;
  return new ToolError('fixmap/unknown', `profile ${profile.name} has no fixmap "${text}".`, hint);
}

/**
 * Index of an enumerator, of a number, or of `NAME+n` / `NAME-n`. The result may lie outside the table.
 * @throws ToolError fixmap/unknown with the nearest spelling; number/invalid
 */
export function fixmapIndexOf(profile: KernelProfile, nameOrExpr: string): FixIdx {
  const text = nameOrExpr.trim();
  if (/^[0-9]/.test(text)) return fixIdx(Number(parseNumber(text, 'fixmap index')));
  const match = /^([A-Za-z_]\w*)\s*(?:([+-])\s*([0-9]\w*))?$/.exec(text);
  const name = match?.[1] ?? text;
  const base = fixmapEnumerators(profile).get(name);
  if (!match || base === undefined) throw unknownFixmap(profile, text, name);
  const offset = match[3] === undefined ? 0 : Number(parseNumber(match[3], 'fixmap offset'));
  return fixIdx(match[2] === '-' ? base - offset : base + offset);
}

/** One line of `kwind fixmap`. Addresses fall as indices rise, so `lowest` is the page of `last`. */
export interface FixmapRowInfo {
  readonly name: string;
  readonly kind: 'permanent' | 'hole' | 'early-slot' | 'other';
  readonly first: FixIdx;
  readonly last: FixIdx;
  readonly lowest: Vaddr;
  /** Last byte of the page of `first`. */
  readonly highest: Vaddr;
  readonly condition: string;
}

function rowInfo(profile: KernelProfile, row: FixmapEntry, kind: FixmapRowInfo['kind']): FixmapRowInfo {
  const last = row.index + row.pages - 1;
  return {
    name: row.name,
    kind,
    first: fixIdx(row.index),
    last: fixIdx(last),
    lowest: fixToVirtUnchecked(profile, last),
    highest: vaddr(fixToVirtUnchecked(profile, row.index) + 0xfffn),
    condition: row.condition,
  };
}

/** The early windows by rising index: the one with the lowest address, slot 0, comes last. */
function slotRows(profile: KernelProfile): FixmapRowInfo[] {
  const pages = profile.nrFixBtmaps;
  return Array.from({ length: profile.fixBtmapsSlots }, (_, at) => {
    const number = slot(profile.fixBtmapsSlots - 1 - at);
    const index = fixIdxOfSlot(profile, number) - pages + 1;
    return rowInfo(profile, { name: `FIX_BTMAP slot ${number}`, index, pages, condition: '' }, 'early-slot');
  });
}

/** Every index of the build, rising: rows, the holes between them, one row per early window. */
export function describeFixmap(profile: KernelProfile): readonly FixmapRowInfo[] {
  const rows: FixmapRowInfo[] = [];
  let next = 0;
  for (const entry of profile.fixmap.entries) {
    if (entry.index > next)
      rows.push(rowInfo(profile, { name: 'hole', index: next, pages: entry.index - next, condition: '' }, 'hole'));
    if (entry.name === BTMAP_ENTRY) rows.push(...slotRows(profile));
    else rows.push(rowInfo(profile, entry, entry.index < profile.fixmap.endOfPermanent ? 'permanent' : 'other'));
    next = entry.index + entry.pages;
  }
  return rows;
}

/** What `kwind fixmap QUERY` says about one index or address. */
export interface FixmapAnswer {
  readonly query: string;
  readonly asked: 'name' | 'index' | 'address';
  readonly idx: FixIdx;
  readonly name: string;
  /** Row that owns the index, if any. */
  readonly entry: FixmapEntry | undefined;
  /** Early window the index belongs to, if any. */
  readonly slot: Slot | undefined;
  /** The address asked for, else the base of the index's page. */
  readonly vaddr: Vaddr;
  /** `fix_to_virt(idx)`. */
  readonly fixToVirt: FixToVirt;
  /** `virt_to_fix(vaddr)`. */
  readonly virtToFix: VirtToFix;
}

/** Nine digits or more: no index is that long, and every kernel address is. */
const looksLikeAddress = (text: string): boolean => /^(?:0x)?[0-9a-f_]{9,}$/i.test(text);

/**
 * Answer a name (`FIX_APIC_BASE`, `FIX_BTMAP_BEGIN-5`), an index (`514`, `0x202`), or an address (`0xffffffffff5fd000`).
 * @throws ToolError fixmap/unknown, number/invalid, address/invalid, address/not-canonical
 */
export function answerFixmap(profile: KernelProfile, query: string): FixmapAnswer {
  const text = query.trim();
  const address = looksLikeAddress(text) ? parseVaddr(text, profile.levels) : undefined;
  const idx = address === undefined ? fixmapIndexOf(profile, text) : virtToFixUnchecked(profile, address);
  const at = address ?? fixToVirtUnchecked(profile, idx);
  return {
    query: text,
    asked: address !== undefined ? 'address' : /^[0-9]/.test(text) ? 'index' : 'name',
    idx,
    name: fixmapName(profile, idx),
    entry: fixmapEntryAt(profile, idx),
    slot: slotOfFixIdx(profile, idx),
    vaddr: at,
    fixToVirt: fixToVirt(profile, idx),
    virtToFix: virtToFix(profile, at),
  };
}
