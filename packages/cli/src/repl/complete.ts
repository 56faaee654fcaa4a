import { commandHelp, commandWords, infoTopics, type DebugSession } from '@kwind/debugger';
import { catalog } from '@kwind/events';
import { kernelFunctions, kernelScope } from '@kwind/kernel';
import { eventScope, expressionNames } from '@kwind/state';
import { fixmapEnumerators, type KernelProfile } from '@kwind/x86';

type Candidates = (context: CompletionContext) => readonly string[];

export interface CompletionContext {
  readonly session: Pick<DebugSession, 'dispatch'>;
  readonly profile: KernelProfile;
  /** Addresses that stood on the screen. */
  readonly addresses: () => readonly string[];
}

const nothing: Candidates = () => [];
const eventTypes: Candidates = () => catalog.map(({ type }) => type);
const functions: Candidates = () => kernelFunctions.map(({ name }) => name);
const symbols: Candidates = ({ profile }) => Object.keys(profile.symbols);
const places: Candidates = (context) => ['slot', 'fix', ...symbols(context)];
const kinds = ['pte', 'pmd', 'pud', 'tlb', 'slot', 'fix', 'iomem', 'ioport', 'cr0', 'cr3', 'cr4', 'efer', 'phase'];
const targets: Candidates = (context) => [...kinds, ...symbols(context)];
const positions: Candidates = ({ session }) => ['start', 'end', 'phase:', 'line:', ...bookmarksOf(session, '@')];
const fixmapNames: Candidates = ({ profile }) => [...fixmapEnumerators(profile).keys()];
const troubles: Candidates = () => ['warn', 'bug', 'fault', 'conflict', 'leak', 'stale'];
const stops: Candidates = (context) => [...eventTypes(context), ...functions(context), 'slot', 'if'];
const expressions: Candidates = ({ profile }) => expressionNames(eventScope(kernelScope(profile)));

/** Numbers of the breakpoints there are. */
const stopNumbers: Candidates = ({ session }) => {
  const result = session.dispatch({ do: 'info', topic: 'breakpoints', argument: '' });
  return result.type === 'breakpoints' ? result.breakpoints.map(({ number }) => String(number)) : [];
};

const after: Readonly<Record<string, Candidates>> = {
  info: () => [...infoTopics, 'checkpoints'],
  help: () => commandHelp.map(({ name }) => name),
  goto: positions,
  diff: positions,
  list: positions,
  break: stops,
  tbreak: stops,
  until: stops,
  catch: troubles,
  tcatch: troubles,
  each: stops,
  walk: places,
  x: symbols,
  vmmap: symbols,
  call: functions,
  print: expressions,
  display: expressions,
  condition: expressions,
  watch: targets,
  rwatch: targets,
  awatch: targets,
  last: targets,
  'next-write': targets,
  history: targets,
  why: targets,
  delete: () => ['bookmark', 'checkpoint'],
  commands: stopNumbers,
  enable: stopNumbers,
  disable: stopNumbers,
  ignore: stopNumbers,
  branch: () => ['show', 'save', 'drop'],
};

/** What may stand behind a certain word, whatever the command. */
const behind: Readonly<Record<string, Candidates>> = {
  fix: fixmapNames,
  fixmap: fixmapNames,
  bookmark: ({ session }) => bookmarksOf(session, ''),
  checkpoint: ({ session }) => bookmarksOf(session, ''),
  calls: (context) => ['all', ...functions(context)],
  event: positions,
  iomem: () => ['unprivileged'],
  ioports: () => ['unprivileged'],
};

function bookmarksOf(session: CompletionContext['session'], mark: string): readonly string[] {
  const result = session.dispatch({ do: 'info', topic: 'bookmarks', argument: '' });
  return result.type === 'bookmarks' ? result.bookmarks.map(({ name }) => `${mark}${name}`) : [];
}

/** What may stand at the end of a line, and the piece of it that a choice replaces. */
export function complete(line: string, context: CompletionContext): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const first = commandOf(words[0] ?? '');
  const path = words.length > 1 ? fieldsOf(line, context) : undefined;
  if (path) return path;
  const offer = candidatesFor(words, first);
  // In an expression a name may begin behind an operator or a bracket.
  const word = (offer === expressions ? /\w*$/ : /\S*$/).exec(words.at(-1) ?? '')![0];
  const offered = word.startsWith('0x') ? context.addresses() : offer(context);
  const found = [...new Set(offered.filter((candidate) => candidate.startsWith(word)))].sort();
  const [only = ''] = found;
  // A word that is complete is followed by another one.
  return [found.length === 1 && !only.endsWith(':') ? [`${only} `] : found, word];
}

/** The parts of what stands before a dot: `slots[3].pr`. */
function fieldsOf(line: string, { profile }: CompletionContext): [string[], string] | undefined {
  const word = /[A-Za-z_]\w*(?:\([^()]*\)|\[[^[\]]*\])?\.\w*$/.exec(line)?.[0];
  if (word === undefined) return undefined;
  const names = expressionNames(eventScope(kernelScope(profile)), word);
  const found = names.filter((name) => name.startsWith(word)).sort();
  // The first part of an event type looks alike.
  return found.length === 0 ? undefined : [found, word];
}

/** A name for a name, an alias or a beginning that leaves no doubt. */
function commandOf(word: string): string {
  const exact = commandHelp.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (exact) return exact.name;
  const begun = commandHelp.filter(({ name, aliases }) => [name, ...aliases].some((known) => known.startsWith(word)));
  return begun.length === 1 ? begun[0]!.name : '';
}

function candidatesFor(words: readonly string[], command: string): Candidates {
  if (words.length <= 1) return () => ['source', ...commandWords];
  // All behind an if belongs to the expression.
  if (words.slice(1, -1).some((word) => word === 'if' || (word === 'print' && command === 'each'))) return expressions;
  const before = words.at(-2)!;
  const special = words.length > 2 && Object.hasOwn(behind, before) ? behind[before] : undefined;
  return special ?? after[command] ?? nothing;
}
