import { commandHelp, commandWords, infoTopics, type DebugSession } from '@kwind/debugger';
import { catalog } from '@kwind/events';
import { kernelFunctions } from '@kwind/kernel';
import { fixmapEnumerators, type KernelProfile } from '@kwind/x86';

type Candidates = (context: CompletionContext) => readonly string[];

export interface CompletionContext {
  readonly session: Pick<DebugSession, 'dispatch'>;
  readonly profile: KernelProfile;
}

const eventTypes: Candidates = () => catalog.map(({ type }) => type);
const functions: Candidates = () => kernelFunctions.map(({ name }) => name);
const symbols: Candidates = ({ profile }) => Object.keys(profile.symbols);
const targets: Candidates = (context) => ['pte', 'slot', 'fix', 'cr0', 'cr3', 'cr4', 'efer', ...symbols(context)];
const positions: Candidates = ({ session }) => ['start', 'end', 'phase:', ...bookmarksOf(session)];
const fixmapNames: Candidates = ({ profile }) => [...fixmapEnumerators(profile).keys()];

const after: Readonly<Record<string, Candidates>> = {
  info: () => [...infoTopics],
  help: () => commandHelp.map(({ name }) => name),
  goto: positions,
  diff: positions,
  list: positions,
  break: (context) => [...eventTypes(context), ...functions(context), 'slot', 'if'],
  tbreak: (context) => [...eventTypes(context), ...functions(context), 'slot', 'if'],
  until: (context) => [...eventTypes(context), ...functions(context), 'slot', 'if'],
  catch: () => ['warn', 'bug', 'fault', 'conflict', 'leak'],
  walk: symbols,
  x: symbols,
  call: functions,
  watch: targets,
  rwatch: targets,
  awatch: targets,
  last: targets,
  'next-write': targets,
  history: targets,
  why: targets,
  branch: () => ['show', 'save', 'drop'],
};

function bookmarksOf(session: CompletionContext['session']): readonly string[] {
  const result = session.dispatch({ do: 'info', topic: 'bookmarks', argument: '' });
  return result.type === 'bookmarks' ? result.bookmarks.map(({ name }) => `@${name}`) : [];
}

/** What may stand at the end of a line, and the piece of it that a choice replaces. */
export function complete(line: string, context: CompletionContext): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const word = words.at(-1) ?? '';
  const found = [...new Set(candidatesFor(words, context).filter((candidate) => candidate.startsWith(word)))].sort();
  const [only = ''] = found;
  // A word that is complete is followed by another one.
  return [found.length === 1 && !only.endsWith(':') ? [`${only} `] : found, word];
}

function candidatesFor(words: readonly string[], context: CompletionContext): readonly string[] {
  const [first = ''] = words;
  if (words.length <= 1) return ['source', ...commandWords];
  const spec = commandHelp.find(({ name, aliases }) => name === first || aliases.includes(first));
  if (words.at(-2) === 'fix') return fixmapNames(context);
  return spec === undefined ? [] : (after[spec.name]?.(context) ?? []);
}
