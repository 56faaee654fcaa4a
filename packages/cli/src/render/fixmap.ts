import { hex16, type FixmapAnswer, type FixmapRowInfo, type KernelProfile } from '@kwind/x86';
import { count, facts, table } from './table.ts';

export function renderFixmap(profile: KernelProfile, rows: readonly FixmapRowInfo[]): string[] {
  const { endOfPermanent, endOfFixed } = profile.fixmap;
  return [
    `${profile.name}: ${profile.title}`,
    `FIXADDR_TOP ${hex16(profile.fixaddrTop)}; ${count(endOfPermanent, 'permanent index', 'permanent indices')}, ${endOfFixed.toLocaleString('en-US')} in all`,
    '',
    ...table(
      [{ head: 'index', align: 'right' }, { head: 'name' }, { head: 'first byte' }, { head: 'last byte' }],
      rows.map((row) => [
        indices(row),
        `${row.name}${row.condition === '' ? '' : ` (${row.condition})`}`,
        hex16(row.lowest),
        hex16(row.highest),
      ]),
    ),
  ];
}

const indices = ({ first, last }: FixmapRowInfo): string => (first === last ? String(first) : `${first}-${last}`);

export function renderFixmapAnswer(profile: KernelProfile, answer: FixmapAnswer): string[] {
  const { idx, fixToVirt, virtToFix } = answer;
  return [
    `${answer.name}, index ${idx} of ${profile.name}`,
    ...facts([
      [`fix_to_virt(${idx})`, fixToVirt.ok ? hex16(fixToVirt.vaddr) : fixToVirt.bug],
      [`virt_to_fix(${hex16(answer.vaddr)})`, virtToFix.ok ? String(virtToFix.idx) : virtToFix.bug],
    ]),
  ];
}

/** Numbers and addresses as a program wants them; a refusal is `{ ok: false, bug }`. */
export function fixmapAnswerJson(profile: KernelProfile, answer: FixmapAnswer): unknown {
  const { query, asked, idx, name, vaddr, slot, fixToVirt, virtToFix } = answer;
  return {
    profile: profile.name,
    query,
    asked,
    index: idx,
    name,
    slot: slot ?? null,
    vaddr,
    fix_to_virt: fixToVirt,
    virt_to_fix: virtToFix,
  };
}

export function fixmapJson(profile: KernelProfile, rows: readonly FixmapRowInfo[]): unknown {
  const { endOfPermanent, btmapEnd, btmapBegin, endOfFixed } = profile.fixmap;
  const { fixaddrTop } = profile;
  return {
    profile: profile.name,
    overrides: profile.overrides,
    fixaddrTop,
    endOfPermanent,
    btmapEnd,
    btmapBegin,
    endOfFixed,
    rows,
  };
}
