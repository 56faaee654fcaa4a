// Who may import whom, and which parts of the language a room may touch. The table is the rule; the code only reads it.
import { dirname, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { globalNameAt, parse, visit, type Parsed, type SyntaxNode } from './lib/syntax.ts';
import { isSource, isTest, projectFiles, readText } from './lib/tree.ts';

interface RoomRule {
  /** The @kwind/* packages its source may import. */
  readonly rooms: readonly string[];
  readonly npm: readonly string[];
  /** node: modules and the globals only Node has; a room without them runs in a browser unchanged. */
  readonly node: boolean;
  /** Time of day and chance. A room without them gives the same answer every time. */
  readonly clock: boolean;
  /** `console` and `process`: the person at the terminal. */
  readonly terminal: boolean;
}

const pure = { npm: [], node: false, clock: false, terminal: false } as const;

export const rules: Readonly<Record<string, RoomRule>> = {
  x86: { ...pure, rooms: [] },
  events: { ...pure, rooms: ['x86'] },
  state: { ...pure, rooms: ['x86', 'events'], npm: ['immer', '@noble/hashes'] },
  kernel: { ...pure, rooms: ['x86', 'events', 'state'] },
  recorder: { ...pure, rooms: ['x86', 'events', 'state', 'kernel'], npm: ['rxjs'] },
  conform: { ...pure, rooms: ['x86', 'events', 'state', 'kernel', 'recorder'] },
  trace: { ...pure, rooms: ['x86', 'events'], npm: ['better-sqlite3'], node: true, clock: true },
  timeline: { ...pure, rooms: ['x86', 'events', 'state'] },
  checks: { ...pure, rooms: ['x86', 'events', 'state', 'timeline'] },
  query: { ...pure, rooms: ['x86', 'events', 'state', 'timeline', 'trace'], npm: ['better-sqlite3'], node: true },
  // kernel and recorder: a what-if call runs the model from the state at hand.
  debugger: { ...pure, rooms: ['x86', 'events', 'state', 'timeline', 'kernel', 'recorder'] },
  exporters: { ...pure, rooms: ['x86', 'events', 'state'] },
  importers: { ...pure, rooms: ['x86', 'events'] },
  testkit: { ...pure, rooms: ['x86', 'events', 'state', 'kernel', 'timeline', 'recorder'], npm: ['fast-check'] },
  cli: {
    rooms: 'x86 events state kernel recorder conform trace timeline debugger checks query exporters importers'.split(
      ' ',
    ),
    npm: ['yargs'],
    node: true,
    clock: true,
    terminal: true,
  },
};

/** Doors of a package beside its main one, and the rooms whose source and tests may use them. */
export const sideDoors: Readonly<Record<string, readonly string[]>> = {
  '@kwind/events/raw': ['state', 'trace', 'recorder', 'timeline', 'checks'],
  // Less to load at a start: a machine without the stream of events, one view without the session, reading without writing.
  '@kwind/recorder/live': ['debugger'],
  '@kwind/debugger/summary': ['cli'],
  '@kwind/timeline/predicates': ['debugger'],
  '@kwind/timeline/timeline': ['cli'],
  '@kwind/trace/reader': ['cli'],
  '@kwind/x86/errors': ['cli'],
};

export interface Debt {
  readonly path: string;
  readonly rule: string;
  /** Why it is allowed for now, and what would pay it off. */
  readonly why: string;
}

/** Violations we live with for now. One that is paid off fails the check until its line here is removed. */
export const debts: readonly Debt[] = [];

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

const testOnlyNpm = ['vitest', 'fast-check'];
const terminalGlobals = ['console', 'process'];
const nodeGlobals = ['Buffer', 'require', '__dirname', '__filename', 'setImmediate'];
/** Members that ask for the time or for chance, by the global they hang on. */
const clockMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now', 'timeOrigin'],
  crypto: ['getRandomValues', 'randomUUID'],
};

interface Place {
  readonly path: string;
  readonly room: string;
  readonly rule: RoomRule;
  readonly test: boolean;
}

function placeOf(path: string): Place | null {
  const room = /^packages\/([^/]+)\//.exec(path)?.[1];
  if (room === undefined) return null;
  const rule = rules[room];
  if (rule === undefined) throw new Error(`packages/${room} has no line in the table of tools/check-rooms.ts`);
  return { path, room, rule, test: isTest(path) };
}

function roomProblem(place: Place, specifier: string, target: string): string | null {
  if (target === place.room) return `${place.room} imports itself by name; use a relative path`;
  if (place.rule.rooms.includes(target) || (place.test && target === 'testkit')) return null;
  if (target === 'testkit') return 'testkit is for tests only';
  return `${place.room} may not import ${specifier}`;
}

function packageProblem(place: Place, specifier: string): string | null {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (place.rule.npm.includes(name) || (place.test && testOnlyNpm.includes(name))) return null;
  return `${place.room} may not import the package ${name}`;
}

function importProblem(place: Place, specifier: string): string | null {
  if (specifier.startsWith('.')) {
    const target = posix.join(dirname(place.path), specifier);
    const inside = target.startsWith(`packages/${place.room}/`);
    return inside ? null : `a relative import leaves the package: ${specifier}`;
  }
  const openTo = sideDoors[specifier];
  if (openTo !== undefined && !openTo.includes(place.room)) {
    return `${specifier} is open to ${openTo.join(', ')} only`;
  }
  if (specifier.startsWith('node:')) {
    return place.rule.node || place.test ? null : `${place.room} may not import ${specifier}`;
  }
  const target = /^@kwind\/([^/]+)/.exec(specifier)?.[1];
  return target === undefined ? packageProblem(place, specifier) : roomProblem(place, specifier, target);
}

/** test/ and tools/ may import what they like, but for the doors that keep the walls: side doors and the testkit. */
function workspaceImportProblem(path: string, specifier: string): string | null {
  if (sideDoors[specifier] !== undefined && !isTest(path)) return `${specifier} is not open to tools`;
  if (/^@kwind\/testkit(?:\/|$)/.test(specifier) && !isTest(path)) return 'testkit is for tests only';
  return null;
}

/** The dotted name a node reads when it is a use of the clock, such as `Date.now`; null otherwise. */
function clockUse(name: string, parent: SyntaxNode): string | null {
  if (name === 'Date' && (parent.type === 'NewExpression' || parent.type === 'CallExpression')) {
    return parent.type === 'NewExpression' ? 'new Date' : 'Date()';
  }
  if (parent.type !== 'MemberExpression') return null;
  const property = parent['property'] as SyntaxNode;
  const member = String(property['name'] ?? property['value']);
  return clockMembers[name]?.includes(member) === true ? `${name}.${member}` : null;
}

function globalProblem(rule: RoomRule, name: string, parent: SyntaxNode): { rule: string; what: string } | null {
  if (!rule.terminal && terminalGlobals.includes(name)) return { rule: 'terminal', what: name };
  if (!rule.node && nodeGlobals.includes(name)) return { rule: 'node', what: name };
  const clock = rule.clock ? null : clockUse(name, parent);
  return clock === null ? null : { rule: 'clock', what: clock };
}

function globalViolations(place: Place, parsed: Parsed): readonly Violation[] {
  const found = new Map<string, Violation>();
  visit(parsed.program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (parent === undefined) return;
    // globalThis.process is process: look at the property as if it stood alone.
    const viaGlobalThis =
      parent.type === 'MemberExpression' && (parent['object'] as SyntaxNode)['name'] === 'globalThis';
    const name = viaGlobalThis && parent['property'] === node ? String(node['name']) : globalNameAt(node, ancestors);
    const user = viaGlobalThis ? ancestors.at(-2) : parent;
    if (name === null || user === undefined) return;
    const problem = globalProblem(place.rule, name, user);
    if (problem === null) return;
    const line = parsed.lineOf(node.start);
    const message = `${place.room} may not use ${problem.what}`;
    // A shorthand property is visited as key and as value: one place, one violation.
    found.set(`${line} ${message}`, { path: place.path, line, rule: problem.rule, message });
  });
  return [...found.values()];
}

/** All violations of one source text. Pure, so that a test can plant any text at any path. */
export function checkText(path: string, text: string): readonly Violation[] {
  const parsed = parse(path, text);
  const place = placeOf(path);
  const violations: Violation[] = [];
  for (const { specifier, line } of parsed.imports) {
    const message = place === null ? workspaceImportProblem(path, specifier) : importProblem(place, specifier);
    if (message !== null) violations.push({ path, line, rule: 'import', message });
  }
  if (place !== null && !place.test) violations.push(...globalViolations(place, parsed));
  return violations;
}

/** What a package.json lets the room import must not be more than the table does. */
export function checkManifest(path: string, text: string): readonly Violation[] {
  const place = placeOf(path);
  if (place === null) return [];
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  const allowed = [...place.rule.npm, ...place.rule.rooms.map((room) => `@kwind/${room}`)];
  return Object.keys(dependencies)
    .filter((name) => !allowed.includes(name))
    .map((name) => ({ path, line: 1, rule: 'manifest', message: `${place.room} may not depend on ${name}` }));
}

function checkFile(path: string): readonly Violation[] {
  if (/^packages\/[^/]+\/package\.json$/.test(path)) return checkManifest(path, readText(path));
  return isSource(path) ? checkText(path, readText(path)) : [];
}

/** Violations that no debt covers, and debts that cover nothing any more. */
export function settle(violations: readonly Violation[], owed: readonly Debt[]): readonly Violation[] {
  const covers = (debt: Debt, violation: Violation): boolean =>
    debt.path === violation.path && debt.rule === violation.rule;
  const open = violations.filter((violation) => !owed.some((debt) => covers(debt, violation)));
  const paid = owed.filter((debt) => !violations.some((violation) => covers(debt, violation)));
  const message = 'this debt is paid off; remove its line from tools/check-rooms.ts';
  return [...open, ...paid.map((debt) => ({ path: debt.path, line: 1, rule: debt.rule, message }))];
}

export function checkProject(): readonly Violation[] {
  return settle(projectFiles().flatMap(checkFile), debts);
}

export function describeViolation(violation: Violation): string {
  return `${violation.path}:${violation.line}: ${violation.message} [${violation.rule}]`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = checkProject();
  for (const violation of violations) console.error(describeViolation(violation));
  console.log(`rooms: ${violations.length} violations, ${debts.length} debts`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
