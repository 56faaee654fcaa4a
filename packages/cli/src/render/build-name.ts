import { safe } from '../terminal.ts';
import { count } from './table.ts';

const SYMBOL = 'symbol.';
/** A capture's notes place dozens of symbols, which nobody reads in a line. */
const MOST_SYMBOLS = 2;

/** A kernel build as a person names it: the profile and what was changed; many symbols are counted (`show T profile` lists them). */
export function buildName({
  profile,
  options,
}: {
  readonly profile: string;
  readonly options: readonly string[];
}): string {
  const symbols = new Set(options.filter((option) => option.startsWith(SYMBOL)).map((option) => option.split('=')[0]!));
  if (symbols.size <= MOST_SYMBOLS) return safe([profile, ...options].join(' '));
  const others = options.filter((option) => !option.startsWith(SYMBOL));
  return `${safe([profile, ...others].join(' '))} and ${count(symbols.size, 'symbol')}`;
}
