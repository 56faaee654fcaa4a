import { ToolError } from '../errors.ts';
import { hex, parseVaddr } from '../hex.ts';
import { didYouMean } from '../suggest.ts';
import { configNames } from './parts.ts';

/** What `key=value` strings ask for; a key left out keeps the build's own value. */
export interface Overrides {
  readonly nrCpus?: number;
  readonly cpuHasInvlpg?: boolean;
  readonly invlpgKeepsGlobal?: boolean;
  readonly la57?: boolean;
  readonly pti?: boolean;
  readonly nx?: boolean;
  readonly pge?: boolean;
  readonly pat?: boolean;
  readonly noHashPointers?: boolean;
  readonly physBits?: number;
  readonly gbPages?: boolean;
  /** The kernel's own variable, so without a virtual slide it is the distance the image was moved in memory; may be negative. */
  readonly physBase?: bigint;
  /** Virtual slide of the image. */
  readonly kaslr?: bigint;
  readonly pageOffset?: bigint;
  readonly vmallocStart?: bigint;
  readonly config: Readonly<Record<string, boolean>>;
  readonly symbols: Readonly<Record<string, bigint>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Mutable<Omit<Overrides, 'config' | 'symbols'>> {
  config: Record<string, boolean>;
  symbols: Record<string, bigint>;
}

const PMD_SIZE = 0x20_0000n;
const PAGE = 0x1000n;
const MAX_CPUS = 8192n;
const symbolPrefix = 'symbol.';

const refuse = (key: string, value: string, wanted: string): never => {
  throw new ToolError(
    'option/invalid',
    `profile option ${key}=${value} is not ${wanted}.`,
    `Write ${key}=… with ${wanted}.`,
  );
};

function flag(key: string, value: string): boolean {
  if (/^(y|1|yes|true|on)$/i.test(value)) return true;
  if (/^(n|0|no|false|off)$/i.test(value)) return false;
  return refuse(key, value, 'y or n');
}

function numberIn(key: string, value: string, low: bigint, high: bigint): number {
  const wanted = `a number from ${low} to ${high}`;
  const found = /^(?:0x[0-9a-f]{1,16}|[0-9]{1,16})$/i.test(value) ? BigInt(value) : refuse(key, value, wanted);
  return found >= low && found <= high ? Number(found) : refuse(key, value, wanted);
}

/** Hex with or without 0x: dumps and logs print these bare. */
function amount(key: string, value: string, unit: bigint): bigint {
  const digits = /^(?:0x)?([0-9a-f_]{1,20})$/i.exec(value)?.[1]?.replaceAll('_', '');
  const found = digits ? BigInt(`0x${digits}`) : refuse(key, value, 'a hex number');
  if (found >= 1n << 64n) refuse(key, value, 'a number of at most 64 bits');
  return found % unit === 0n ? found : refuse(key, value, `a multiple of ${hex(unit)}`);
}

const signedAmount = (key: string, value: string, unit: bigint): bigint =>
  value.startsWith('-') ? -amount(key, value.slice(1), unit) : amount(key, value, unit);

const setters: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  nr_cpus: (draft, value) => (draft.nrCpus = numberIn('nr_cpus', value, 1n, MAX_CPUS)),
  cpu_has_invlpg: (draft, value) => (draft.cpuHasInvlpg = flag('cpu_has_invlpg', value)),
  invlpg_keeps_global: (draft, value) => (draft.invlpgKeepsGlobal = flag('invlpg_keeps_global', value)),
  la57: (draft, value) => (draft.la57 = flag('la57', value)),
  pti: (draft, value) => (draft.pti = flag('pti', value)),
  nx: (draft, value) => (draft.nx = flag('nx', value)),
  pge: (draft, value) => (draft.pge = flag('pge', value)),
  pat: (draft, value) => (draft.pat = flag('pat', value)),
  no_hash_pointers: (draft, value) => (draft.noHashPointers = flag('no_hash_pointers', value)),
  phys_bits: (draft, value) => (draft.physBits = numberIn('phys_bits', value, 32n, 52n)),
  gbpages: (draft, value) => (draft.gbPages = flag('gbpages', value)),
  phys_base: (draft, value) => (draft.physBase = signedAmount('phys_base', value, PMD_SIZE)),
  kaslr: (draft, value) => (draft.kaslr = amount('kaslr', value, PMD_SIZE)),
  page_offset: (draft, value) => (draft.pageOffset = amount('page_offset', value, PMD_SIZE)),
  vmalloc_start: (draft, value) => (draft.vmallocStart = amount('vmalloc_start', value, PAGE)),
};

/** Keys of overrides, for help texts; `CONFIG_…` and `symbol.NAME` stand for families. */
export const overrideKeys: readonly string[] = [...Object.keys(setters), ...configNames, `${symbolPrefix}NAME`];

const unknownKey = (key: string): ToolError => {
  const hint = didYouMean(key, overrideKeys, `Options are ${overrideKeys.join(', ')}.`);
  return new ToolError('option/invalid', `a profile has no option "${key}".`, hint);
};

function apply(draft: Draft, text: string): void {
  const at = text.indexOf('=');
  if (at <= 0) {
    const hint = 'Write it as key=value, for example nr_cpus=64.';
    throw new ToolError('option/invalid', `profile option "${text}" is not key=value.`, hint);
  }
  const key = text.slice(0, at).trim();
  const value = text.slice(at + 1).trim();
  const setter = Object.hasOwn(setters, key) ? setters[key] : undefined;
  if (setter) setter(draft, value);
  else if (configNames.some((name) => name === key)) draft.config[key] = flag(key, value);
  else if (/^symbol\.[A-Za-z_]\w*$/.test(key)) draft.symbols[key.slice(symbolPrefix.length)] = parseVaddr(value, 5);
  else throw unknownKey(key);
}

/**
 * Read `key=value` overrides. A key given twice keeps the last value, as on a kernel command line.
 * @throws ToolError option/invalid naming the nearest key or the wanted form; address/… for a bad symbol address
 */
export function parseOverrides(texts: readonly string[]): Overrides {
  const draft: Draft = { config: {}, symbols: {} };
  for (const text of texts) apply(draft, text);
  return draft;
}
