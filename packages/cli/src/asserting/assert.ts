import { parseProcResources, parsePtdump, parseVmallocinfo, type ProcResource } from '@kwind/importers';
import { parsePosition, Timeline } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { describeFlags, hex16, profile, ToolError } from '@kwind/x86';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { kernelText } from '../kernel-texts.ts';
import { print, printJson } from '../output.ts';
import { positionContext } from '../positions.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { compareRanges, type LabelledRange } from './ranges.ts';

type Topic = 'iomem' | 'ioports' | 'ptdump' | 'vmalloc';

export interface AssertOptions {
  readonly trace: string;
  readonly file: string;
  readonly at: string;
  readonly as?: Topic | undefined;
  readonly json: boolean;
}

/**
 * The verb `assert`.
 * @returns 1 when the text and the machine differ in any range
 */
export async function assertFile(io: Io, options: AssertOptions): Promise<number> {
  const text = (await readInput(options.file, io)).toString('utf8');
  const topic = options.as ?? topicOf(text, options.file);
  const reader = openTrace(pathOf(io, options.trace));
  try {
    const position = parsePosition(options.at, positionContext(reader));
    const state = new Timeline(reader, profile(reader.header.profile, reader.header.options)).stateAt(position);
    const own = kernelText(topic, state, { privileged: true });
    const callers = topic === 'vmalloc' ? callersKnown(text, own) : new Set<bigint>();
    const differences = compareRanges(
      rangesIn(topic, text, options.file, callers),
      rangesIn(topic, own, 'the trace', callers),
    );
    if (options.json)
      await printJson(io, { trace: options.trace, file: options.file, as: topic, position, differences });
    else {
      const say = (label: string): string => (label === '' ? 'nothing' : safe(label));
      await print(
        io,
        differences.map(
          ({ start, end, file, trace }) =>
            `${hex16(start)}-${hex16(end - 1n)}  file: ${say(file)}  trace: ${say(trace)}`,
        ),
      );
      await print(io, [
        differences.length === 0
          ? `${safe(options.file)} and the machine at ${position} are the same.`
          : `${count(differences.length, 'range')} of ${topic} differ at ${position}.`,
      ]);
    }
    return differences.length === 0 ? exitCodes.ok : exitCodes.differs;
  } finally {
    reader.close();
  }
}

/** What a text is, by its first line that says anything. */
function topicOf(text: string, name: string): Topic {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? '';
  if (/^---\[|^0x[0-9a-f]{16}-0x[0-9a-f]{16} +\d+[KMGTPE] /.test(first)) return 'ptdump';
  if (/^0x[0-9a-f(]/.test(first)) return 'vmalloc';
  if (/^ *[0-9a-f]{4}-[0-9a-f]{4} : /.test(first)) return 'ioports';
  if (/^ *[0-9a-f]{8,16}-[0-9a-f]{8,16} : /.test(first)) return 'iomem';
  throw new ToolError(
    'import/format',
    `${name} is none of the texts that can be compared.`,
    'They are /proc/iomem, /proc/ioports, kernel_page_tables and /proc/vmallocinfo; --as says which.',
  );
}

/** Starts of the areas whose caller both sides name: a trace made of a script may know none. */
function callersKnown(...texts: readonly string[]): ReadonlySet<bigint> {
  const [first = new Set<bigint>(), second = new Set<bigint>()] = texts.map(
    (text) => new Set(parseVmallocinfo(text).areas.flatMap(({ start, caller }) => (caller === '' ? [] : [start]))),
  );
  return first.intersection(second);
}

/** A return address without the length of its function, which not every source has. */
const placeOf = (caller: string): string => caller.replace(/\/0x[0-9a-f]+$/, '');

function rangesIn(topic: Topic, text: string, name: string, callers: ReadonlySet<bigint>): readonly LabelledRange[] {
  switch (topic) {
    case 'iomem':
    case 'ioports': {
      const { resources, hidden } = parseProcResources(text);
      if (hidden)
        throw new UsageError(`${name} has zeroes for all ranges.`, 'Only root sees them: copy the file as root.');
      return resources.flatMap(resourceRanges);
    }
    case 'vmalloc': {
      const { areas, hashed } = parseVmallocinfo(text);
      if (hashed)
        throw new UsageError(
          `${name} has hashed addresses.`,
          'Copy the file as root, of a kernel booted with no_hash_pointers.',
        );
      return areas.map(({ start, end, kind, phys, caller, unpurged }) => ({
        start,
        end,
        label: [
          kind,
          ...(phys === undefined ? [] : [`phys=${phys.toString(16)}`]),
          ...(unpurged ? ['unpurged'] : []),
          ...(callers.has(start) ? [`by ${placeOf(caller)}`] : []),
        ].join(' '),
      }));
    }
    case 'ptdump':
      return parsePtdump(text)
        .rows.filter(({ flags }) => (flags & 1n) !== 0n)
        .map(({ start, end, level, flags }) => ({
          start,
          end: end === 0n ? 1n << 64n : end,
          label: `${level} ${describeFlags(level, flags)}`,
        }));
  }
}

const resourceRanges = ({ start, end, name, children }: ProcResource): LabelledRange[] => [
  { start, end: end + 1n, label: name },
  ...children.flatMap(resourceRanges),
];
