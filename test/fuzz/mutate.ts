import type { Random } from './random.ts';

/** Numbers at the edges of what is counted: pages, slots, addresses, 32, 52, 53 and 64 bits. */
export const edgeNumbers: readonly string[] = [
  [0n, 1n, 7n, 8n, 0xfffn, 0x1000n, 0x40000n, 0x40001n, 0xfff_ffffn, 1n << 31n, 1n << 32n, 1n << 40n, 1n << 44n],
  [1n << 47n, (1n << 52n) - 1n, 1n << 52n, (1n << 53n) + 1n, 1n << 63n, (1n << 64n) - 1n, 1n << 64n, 1n << 80n],
]
  .flat()
  .flatMap((value) => [`0x${value.toString(16)}`, String(value)]);

/** What a terminal, a parser or a database might take for more than a letter. */
export const hostile: readonly string[] = [
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b31m',
  '\u202egnp.exe',
  '\u0000',
  '\r',
  '\uFEFF',
  '\u2028',
  '\ud800',
  '__proto__',
  'constructor',
  "'; DROP TABLE batch; --",
  '${7*7}',
  '%s%n',
  '../../../x',
  'é'.repeat(300),
  'A'.repeat(5000),
];

type Change = (text: string, random: Random) => string;
const splice = (text: string, at: number, cut: number, put: string): string =>
  text.slice(0, at) + put + text.slice(at + cut);

const changes: readonly Change[] = [
  (text, random) => splice(text, random.below(text.length), 1, String.fromCharCode(random.below(256))),
  (text, random) => splice(text, random.below(text.length), random.few(20), ''),
  (text, random) => splice(text, random.below(text.length), 0, random.pick(hostile)),
  (text, random) => {
    const at = random.below(text.length);
    return splice(text, random.below(text.length), 0, text.slice(at, at + random.between(1, 60)));
  },
  // One number becomes another.
  (text, random) => {
    const numbers = [...text.matchAll(/(?:0x)?[0-9a-f]{1,16}\b/gi)];
    const found = numbers[random.below(numbers.length)];
    return found ? splice(text, found.index, found[0].length, random.pick(edgeNumbers)) : text;
  },
  // One word becomes another of the same text.
  (text, random) => {
    const words = [...text.matchAll(/\w+/g)];
    const [from, to] = [random.pick(words), random.pick(words)];
    return from && to ? splice(text, from.index, from[0].length, to[0]) : text;
  },
  (text, random) => text.slice(0, random.below(text.length)),
];

/** A text with a few letters, numbers or words changed. */
export function mutateText(text: string, random: Random, most = 4): string {
  let changed = text;
  for (let n = random.few(most); n > 0; n--) changed = random.pick(changes)(changed, random);
  return changed;
}

type LineChange = (lines: string[], random: Random) => void;
const lineChanges: readonly LineChange[] = [
  (lines, random) => void lines.splice(random.below(lines.length), random.few(5)),
  (lines, random) => {
    const at = random.below(lines.length);
    lines.splice(random.below(lines.length), 0, ...lines.slice(at, at + random.few(5)));
  },
  (lines, random) => {
    const [a, b] = [random.below(lines.length), random.below(lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  },
  (lines, random) => {
    const at = random.below(lines.length);
    lines[at] = mutateText(lines[at] ?? '', random);
  },
  (lines, random) => {
    const at = random.below(lines.length);
    lines[at] = mutateText(lines[at] ?? '', random, 2);
  },
];

/** A text of lines with a few of them changed, lost, doubled or out of order. */
export function mutateLines(text: string, random: Random, most = 6): string {
  const lines = text.split('\n');
  for (let n = random.few(most); n > 0; n--) random.pick(lineChanges)(lines, random);
  return lines.join(random.oneIn(20) ? '\r\n' : '\n');
}

/** Some lines in a row, the first ones twice as often as others. */
export function window(text: string, random: Random, most: number): string {
  const lines = text.split('\n');
  const start = random.oneIn(2) ? 0 : random.below(lines.length);
  return lines.slice(start, start + random.between(1, most)).join('\n');
}
