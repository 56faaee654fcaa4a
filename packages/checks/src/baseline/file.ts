import { ToolError } from '@kwind/x86';
import { FORMAT, type Baseline, type Learned } from './baseline.ts';
import { categories, type Category } from './observe.ts';

const again = 'kwind baseline build GOOD... -o BASE writes one.';

/** A baseline as text: JSON with one thing a line, so that two of them can be compared. */
export function baselineText({ things, ...head }: Baseline): string {
  const lines = Object.keys(things)
    .toSorted()
    .map((text) => `  ${JSON.stringify(text)}: ${JSON.stringify(things[text])}`);
  return `${JSON.stringify(head).slice(0, -1)},"things":{\n${lines.join(',\n')}\n}}\n`;
}

/**
 * @throws ToolError import/format when the text is no baseline or one of an older kwind, trace/newer-schema when it is of
 *         a newer one
 */
export function parseBaseline(text: string, name: string): Baseline {
  const value = jsonOf(text, name);
  if (!isRecord(value) || (value['kind'] !== 'kwind-baseline' && typeof value['seen'] !== 'object'))
    throw new ToolError('import/format', `${name} is no baseline.`, again);
  const { format, profile, boots, memories, things } = value;
  if (typeof format === 'number' && format > FORMAT)
    throw new ToolError(
      'trace/newer-schema',
      `${name} is a baseline of format ${format}, this kwind reads ${FORMAT}.`,
      'Update kwind, or build it again.',
    );
  if (format !== FORMAT)
    throw new ToolError('import/format', `${name} is a baseline of an older kwind.`, `Build it again: ${again}`);
  if (typeof profile !== 'string' || !isCount(boots) || !isTexts(memories) || !isRecord(things))
    throw new ToolError(
      'import/format',
      `${name} is a damaged baseline: profile, boots, memories or things are not there.`,
      again,
    );
  for (const [what, learned] of Object.entries(things)) {
    if (what === '' || !isLearned(learned, boots))
      throw new ToolError(
        'import/format',
        `${name} is a damaged baseline: what it says of "${what}" makes no sense.`,
        again,
      );
  }
  return {
    kind: 'kwind-baseline',
    format: FORMAT,
    profile,
    boots,
    memories,
    things: things as Record<string, Learned>,
  };
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolError('import/format', `${name} is no baseline.`, again, { cause });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const isValues = (value: unknown): boolean => value === null || isTexts(value);

function isLearned(value: unknown, boots: number): value is Learned {
  if (!isRecord(value)) return false;
  const { category, boots: own, least, most, args } = value;
  const isKnown = categories.includes(category as Category);
  return (
    isKnown &&
    isCount(own) &&
    own <= boots &&
    isCount(least) &&
    isCount(most) &&
    least <= most &&
    Array.isArray(args) &&
    args.every(isValues)
  );
}
