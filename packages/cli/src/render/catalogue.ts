import type { EventSpec } from '@kwind/events';
import { facts, table } from './table.ts';

const hexCode = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;

export function renderCatalogue(specs: readonly EventSpec[]): string[] {
  return table(
    [{ head: 'code' }, { head: 'type' }, { head: 'fields' }],
    specs.map((spec) => [hexCode(spec.code), spec.type, Object.keys(spec.fields).join(' ')]),
  );
}

/** One type in full. `example` is a line of `kwind log --json`. */
export function renderSpec(spec: EventSpec, example: string): string[] {
  return [
    `${spec.type}  ${hexCode(spec.code)}`,
    spec.doc,
    '',
    ...facts(Object.entries(spec.fields).map(([name, kind]) => [`  ${name}`, meaningOf(kind)])),
    '',
    `kernel   ${spec.source}`,
    `example  ${example}`,
  ];
}

function meaningOf(kind: string): string {
  return kinds[kind] === undefined ? kind : `${kind}: ${kinds[kind]}`;
}

const kinds: Readonly<Record<string, string>> = {
  u16: 'number up to 65,535',
  u32: 'number up to 4,294,967,295',
  bool: 'true or false',
  str: 'text',
  u64: '64-bit number, hex in JSON',
  vaddr: 'virtual address, hex in JSON',
  phys: 'physical address, hex in JSON',
  pte: 'page-table entry, hex in JSON',
  pfn: 'page-table page, its physical address in JSON',
  list: 'list of 64-bit numbers, hex in JSON',
};

const samples: Readonly<Record<string, unknown>> = {
  u16: 0,
  u32: 1,
  bool: false,
  u64: '0x1000',
  vaddr: '0xffffffffff200000',
  phys: '0xf0000',
  pte: '0x80000000000f0163',
  pfn: '0x32b5000',
  list: ['0xf0000', '0x1000'],
};
/** Texts as a kernel and the recorder write them, by the name of the field. */
const texts: Readonly<Record<string, string>> = {
  fn: 'early_ioremap',
  file: 'mm/early_ioremap.c',
  caller: 'dmi_setup+0xfa/0x26f',
  stack: 'setup_arch+0x5f7/0xd4f',
  origin: 'boot.log:118',
  level: 'pte',
  how: 'invlpg',
  via: 'walk',
  access: 'load',
  scope: 'all',
  text: '',
};

function sampleOf(name: string, kind: string): unknown {
  if (kind === 'str') return texts[name] ?? name;
  const isWide = typeof samples[kind] === 'string';
  return isWide && name === 'before' ? '0x0' : samples[kind];
}

/** A made-up event of the type, in the form of `kwind log --json`. */
export function exampleOf(spec: EventSpec): Record<string, unknown> {
  const fields = Object.entries(spec.fields).map(([name, kind]) => [name, sampleOf(name, kind)]);
  return { seq: 41, type: spec.type, ...Object.fromEntries(fields), cause: 40, depth: 3 };
}
