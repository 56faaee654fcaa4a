import { parseSync, visitorKeys } from 'oxc-parser';

/** Any node of the syntax tree; the fields that matter are read by name, as every kind of node has its own. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface ImportSite {
  readonly specifier: string;
  readonly line: number;
}

export interface Parsed {
  readonly path: string;
  readonly nrLines: number;
  readonly program: SyntaxNode;
  readonly imports: readonly ImportSite[];
  lineOf(offset: number): number;
}

/** Offset of the first character of every line. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  // A file that ends in a newline has no further line after it.
  if (text.endsWith('\n')) starts.pop();
  return starts;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const value = node[key];
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
}

/** Depth first, in source order. `ancestors` runs from the program down to the node's parent. */
export function visit(
  node: SyntaxNode,
  seen: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: readonly SyntaxNode[] = [],
): void {
  seen(node, ancestors);
  const below = [...ancestors, node];
  for (const child of childrenOf(node)) visit(child, seen, below);
}

/** The nodes that name another module: import, export … from, import(), import type, require(). */
function specifierOf(node: SyntaxNode): SyntaxNode | null {
  const literal = (value: unknown): SyntaxNode | null =>
    isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value : null;
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node['source']);
    case 'CallExpression': {
      const callee = node['callee'];
      const isRequire = isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require';
      return isRequire ? literal((node['arguments'] as unknown[])[0]) : null;
    }
    default:
      return null;
  }
}

/** Throws when the text is not TypeScript: a check that skips what it cannot read would pass for the wrong reason. */
export function parse(path: string, text: string): Parsed {
  const result = parseSync(path, text, { sourceType: 'module' });
  const error = result.errors[0];
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const program = result.program as unknown as SyntaxNode;
  const starts = lineStarts(text);
  const lineOf = (offset: number): number => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
  const imports: ImportSite[] = [];
  visit(program, (node) => {
    const literal = specifierOf(node);
    if (literal !== null) imports.push({ specifier: String(literal['value']), line: lineOf(literal.start) });
  });
  return { path, nrLines: starts.length, program, imports, lineOf };
}

/** The name an identifier has at this place, or null where it is only a label: a property, a key, a renamed import. */
export function globalNameAt(node: SyntaxNode, ancestors: readonly SyntaxNode[]): string | null {
  if (node.type !== 'Identifier') return null;
  const parent = ancestors.at(-1);
  if (parent === undefined) return null;
  const isLabel =
    (parent['computed'] !== true &&
      (parent['property'] === node || (parent['key'] === node && parent['shorthand'] !== true))) ||
    parent.type === 'ImportSpecifier' ||
    parent.type === 'ExportSpecifier' ||
    parent.type === 'TSQualifiedName';
  return isLabel ? null : String(node['name']);
}
