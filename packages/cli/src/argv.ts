/** gdb's spellings with one dash, which yargs would read as a row of one-letter options. */
const switches: Readonly<Record<string, string>> = {
  '-batch': '--batch',
  '-json': '--json',
  '-nx': '--no-rc',
  '-q': '--quiet',
  '-quiet': '--quiet',
};

export const STDIN = '/dev/stdin';
export const STDOUT = '/dev/stdout';

/**
 * The command line in a form that yargs takes: `-` alone, which it would lose, and for `debug` gdb's `-batch`, `-ex CMD`
 * and `-x FILE`. `-x FILE` becomes the command `source FILE`, so that commands and files run in the order given.
 */
export function normaliseArgv(argv: readonly string[]): readonly string[] {
  const words = argv.map((word, i) => (word === '-' ? streamFor(argv[i - 1]) : word));
  switch (words.find((word) => !word.startsWith('-'))) {
    case 'debug':
      return normaliseDebug(words);
    case 'check':
      return normaliseCheck(words);
    case 'bisect':
      return normaliseBisect(words);
    default:
      return words;
  }
}

/** `--no-rule NAME` as one word: alone, yargs would take it for the opposite of --rule. */
function normaliseCheck(argv: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const next = argv[i + 1];
    if (argv[i] === '--no-rule' && next !== undefined) {
      found.push(`--no-rule=${next}`);
      i++;
    } else found.push(argv[i]!);
  }
  return found;
}

/** What follows `run` is somebody else's command line. */
function normaliseBisect(argv: readonly string[]): readonly string[] {
  const run = argv.indexOf('run');
  return run < 0 || argv.includes('--') ? argv : [...argv.slice(0, run + 1), '--', ...argv.slice(run + 1)];
}

const streamFor = (before: string | undefined): string => (before === '-o' || before === '--output' ? STDOUT : STDIN);

function normaliseDebug(argv: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--') return [...found, ...argv.slice(i)];
    const next = argv[i + 1];
    if (isExecute(word) && next !== undefined) {
      found.push(`--ex=${next}`);
      i++;
    } else if (isSource(word) && next !== undefined) {
      found.push(`--ex=source ${next}`);
      i++;
    } else found.push(switches[word] ?? word);
  }
  return found;
}

const isExecute = (word: string): boolean => word === '-ex' || word === '--ex';
const isSource = (word: string): boolean => ['-x', '--x', '-command', '--command'].includes(word);
