// How long files and functions may be: a limit that fails, and a habit that is only noted.
import { pathToFileURL } from 'node:url';
import { parse, visit, type SyntaxNode } from './lib/syntax.ts';
import { isSource, isTest, projectFiles, readText } from './lib/tree.ts';

export const limits = { file: 400, testFile: 600, function: 60 } as const;
const habits = { file: 250, function: 40 } as const;

export interface Oversize {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly nrLines: number;
  /** The number it is over. */
  readonly limit: number;
  /** A note is over the habit only and fails nothing. */
  readonly note: boolean;
}

/** Tables of constants may be as long as what they describe. */
function isData(path: string): boolean {
  return /\/(?:profiles|data)\//.test(path);
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** The leftmost name of what is called: `describe` in describe.each(rows)('…', …). */
function calledName(call: SyntaxNode): string {
  let at = call['callee'] as SyntaxNode;
  while (at.type === 'CallExpression' || at.type === 'MemberExpression') {
    at = (at.type === 'CallExpression' ? at['callee'] : at['object']) as SyntaxNode;
  }
  return String(at['name'] ?? '');
}

/** The body of a describe is a list of tests, not a function somebody has to follow from top to bottom. */
function isTestList(parent: SyntaxNode | undefined): boolean {
  return parent?.type === 'CallExpression' && ['describe', 'suite'].includes(calledName(parent));
}

function functionName(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const named = (node['id'] ?? parent?.['id'] ?? parent?.['key']) as SyntaxNode | null | undefined;
  return String(named?.['name'] ?? named?.['value'] ?? 'callback');
}

function measure(what: string, nrLines: number, limit: number, habit: number): { limit: number; note: boolean } | null {
  if (nrLines > limit) return { limit, note: false };
  return nrLines > habit ? { limit: habit, note: true } : null;
}

/** Everything over a limit or over a habit in one source text. Pure, so that a test can plant any text. */
export function checkText(path: string, text: string): readonly Oversize[] {
  if (isData(path)) return [];
  const found: Oversize[] = [];
  const parsed = parse(path, text);
  const add = (what: string, line: number, nrLines: number, limit: number, habit: number): void => {
    const over = measure(what, nrLines, limit, habit);
    if (over !== null) found.push({ path, line, what, nrLines, ...over });
  };
  const fileLimit = isTest(path) ? limits.testFile : limits.file;
  add('file', 1, parsed.nrLines, fileLimit, isTest(path) ? limits.file : habits.file);
  visit(parsed.program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (!functionTypes.has(node.type) || isTestList(parent)) return;
    const line = parsed.lineOf(node.start);
    const nrLines = parsed.lineOf(node.end - 1) - line + 1;
    add(`function ${functionName(node, parent)}`, line, nrLines, limits.function, habits.function);
  });
  return found;
}

export function checkProject(): readonly Oversize[] {
  return projectFiles()
    .filter(isSource)
    .flatMap((path) => checkText(path, readText(path)));
}

export function describeOversize(found: Oversize): string {
  return `${found.path}:${found.line}: ${found.what} has ${found.nrLines} lines, ${found.note ? 'the habit' : 'the limit'} is ${found.limit}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = checkProject();
  const failures = found.filter((one) => !one.note);
  for (const one of found.filter((one) => one.note)) console.log(`note: ${describeOversize(one)}`);
  for (const one of failures) console.error(describeOversize(one));
  console.log(`sizes: ${failures.length} over the limit, ${found.length - failures.length} over the habit`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
