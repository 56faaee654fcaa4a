import type { Sighting } from './blocks.ts';
import type { Fact } from './boot-facts.ts';
import type { BootLog, KaslrSeen } from './types.ts';

type FactsOfLog = Pick<
  BootLog,
  'kernelVersion' | 'release' | 'commandLine' | 'flags' | 'pointers' | 'printOrder' | 'kaslr' | 'e820' | 'registers'
>;
type Of<K extends Fact['kind']> = Extract<Fact, { kind: K }>;

const CR4_LA57 = 1n << 12n;

/** The printed offset tells most; the command line is believed before the stack's place. */
function kaslrOf(seen: readonly KaslrSeen[], nokaslr: boolean): KaslrSeen {
  const told = seen.find(({ offset }) => offset !== undefined);
  if (told) return told;
  if (nokaslr) return { state: 'off', evidence: 'nokaslr on the command line', line: 0, offset: 0n };
  return seen[0] ?? { state: 'unknown', evidence: '', line: 0, offset: undefined };
}

/** First of each `key`, as a log may print its start again. */
function distinct<T>(values: readonly T[], key: (value: T) => string): readonly T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const isNew = !seen.has(key(value));
    seen.add(key(value));
    return isNew;
  });
}

function pointersOf(sightings: readonly Sighting[]): BootLog['pointers'] {
  let isHashed = false;
  for (const { message } of sightings) {
    if (!('pointer' in message)) continue;
    if (message.pointer !== undefined && message.pointer !== 0n) return 'raw';
    isHashed ||= message.pointer === undefined;
  }
  return isHashed ? 'hashed' : 'unknown';
}

function printOrderOf(sightings: readonly Sighting[]): BootLog['printOrder'] {
  const orders = new Set(sightings.flatMap(({ message }) => (message.kind === 'map' ? [message.startFirst] : [])));
  if (orders.size === 2) return 'both';
  return orders.has(true) ? 'start-first' : orders.has(false) ? 'end-first' : 'unknown';
}

/** Put together what the lines of one boot say about it. */
export function assembleFacts(facts: readonly Fact[], sightings: readonly Sighting[]): FactsOfLog {
  const of = <K extends Fact['kind']>(kind: K): Of<K>[] => facts.filter((fact): fact is Of<K> => fact.kind === kind);
  const kernelVersion = of('version')[0]?.text ?? '';
  const commandLine = of('command-line')[0]?.text ?? '';
  const words = commandLine.split(/\s+/);
  const registers = distinct(
    of('register').map(({ seen }) => seen),
    ({ name, value }) => `${name} ${value}`,
  );
  const e820 = distinct(
    of('e820').map(({ entry }) => entry),
    ({ who, start, end, type }) => `${who} ${start} ${end} ${type}`,
  );
  const nokaslr = words.includes('nokaslr');
  return {
    kernelVersion,
    release: kernelVersion.split(' ')[0] || (of('release')[0]?.text ?? ''),
    commandLine,
    flags: {
      earlyIoremapDebug: words.includes('early_ioremap_debug'),
      nokaslr,
      noHashPointers: words.includes('no_hash_pointers'),
      la57: registers.some(({ name, value }) => name === 'CR4' && (value & CR4_LA57) !== 0n),
    },
    pointers: pointersOf(sightings),
    printOrder: printOrderOf(sightings),
    kaslr: kaslrOf(
      of('kaslr').map(({ seen }) => seen),
      nokaslr,
    ),
    e820,
    registers,
  };
}
