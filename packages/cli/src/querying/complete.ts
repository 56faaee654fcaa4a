import { historyFunctions, historyTables } from '@kwind/query';
import { dotNames } from './dot-commands.ts';

const keywords = ['SELECT', 'FROM', 'WHERE', 'GROUP BY', 'ORDER BY', 'LIMIT', 'JOIN', 'BETWEEN', 'DISTINCT'];
const names = [...historyTables, ...historyFunctions].flatMap(({ name, columns }) => [name, ...columns]);
const all = [...new Set([...names, 'translate', 'address', 'plus', 'minus', 'bits'])];

/** What a word at the end of a line may become, for node:readline: tables, columns, keywords, or commands of the prompt. */
export function complete(line: string): [string[], string] {
  if (line.startsWith('.')) return [dotNames.filter((name) => name.startsWith(line)), line];
  const word = /[\w$]*$/.exec(line)![0];
  if (word === '') return [[], word];
  const isUpper = /^[A-Z]+$/.test(word);
  const candidates = isUpper ? keywords : [...all, ...keywords.map((keyword) => keyword.toLowerCase())];
  return [candidates.filter((name) => name.startsWith(word)), word];
}
