import { describe, expect, it } from 'vitest';
import { checkManifest, checkProject, checkText, describeViolation, settle } from './check-rooms.ts';

const messages = (path: string, text: string): readonly string[] => checkText(path, text).map(describeViolation);

describe('the rooms of this repository', () => {
  it('import only what the table allows', () => {
    expect(checkProject().map(describeViolation)).toEqual([]);
  });
});

describe('an import', () => {
  const source = 'packages/kernel/src/planted.ts';

  it.each([
    ["import { at } from '@kwind/timeline';", 'kernel may not import @kwind/timeline'],
    ["import type { Cursor } from '@kwind/timeline';", 'kernel may not import @kwind/timeline'],
    ["export * from '@kwind/trace';", 'kernel may not import @kwind/trace'],
    ["export const load = () => import('@kwind/cli');", 'kernel may not import @kwind/cli'],
    ["export type Args = import('yargs').Argv;", 'kernel may not import the package yargs'],
    ["import { produce } from 'immer';", 'kernel may not import the package immer'],
    ["import fs from 'node:fs';", 'kernel may not import node:fs'],
    ["import fs from 'fs';", 'kernel may not import the package fs'],
    [
      "import { words } from '@kwind/events/raw';",
      '@kwind/events/raw is open to state, trace, recorder, timeline, checks only',
    ],
    ["import { given } from '@kwind/testkit';", 'testkit is for tests only'],
    ["import { x } from '@kwind/kernel';", 'kernel imports itself by name; use a relative path'],
    [
      "import { x } from '../../state/src/machine.ts';",
      'a relative import leaves the package: ../../state/src/machine.ts',
    ],
  ])('is caught: %s', (text, message) => {
    expect(messages(source, text)).toEqual([`${source}:1: ${message} [import]`]);
  });

  it.each([
    [source, "import { walk } from '@kwind/state';"],
    [source, "import { warnOn } from './warn.ts';"],
    ['packages/state/src/planted.ts', "import { words } from '@kwind/events/raw';"],
    ['packages/state/src/planted.ts', "import { sha256 } from '@noble/hashes/sha2.js';"],
    ['packages/trace/src/planted.ts', "import { zstdCompressSync } from 'node:zlib';"],
    ['packages/cli/src/planted.ts', "import yargs from 'yargs';"],
    [
      'packages/x86/src/planted.test.ts',
      "import { given } from '@kwind/testkit'; import { it } from 'vitest'; import 'node:fs';",
    ],
    ['test/laws/planted.test.ts', "import { at } from '@kwind/timeline'; import { given } from '@kwind/testkit';"],
    ['tools/planted.ts', "import { catalog } from '@kwind/events';"],
  ])('is allowed in %s: %s', (path, text) => {
    expect(messages(path, text)).toEqual([]);
  });

  it('of the testkit is caught in a tool', () => {
    expect(messages('tools/planted.ts', "import '@kwind/testkit';")).toHaveLength(1);
  });

  it('of a room that the test file has no business with is caught', () => {
    expect(messages('packages/x86/src/planted.test.ts', "import '@kwind/state';")).toHaveLength(1);
  });
});

describe('a global', () => {
  const source = 'packages/state/src/planted.ts';

  it.each([
    ['console.log(1);', 'state may not use console [terminal]'],
    ['export const { pid } = process;', 'state may not use process [terminal]'],
    ['globalThis.process.exit(1);', 'state may not use process [terminal]'],
    ['export const log = { console };', 'state may not use console [terminal]'],
    ['export const bytes = Buffer.alloc(8);', 'state may not use Buffer [node]'],
    ['export const now = Date.now();', 'state may not use Date.now [clock]'],
    ['export const now = Date["now"]();', 'state may not use Date.now [clock]'],
    ['export const now = globalThis.Date.now();', 'state may not use Date.now [clock]'],
    ['export const today = new Date();', 'state may not use new Date [clock]'],
    ['export const dice = Math.random();', 'state may not use Math.random [clock]'],
  ])('is caught: %s', (text, message) => {
    expect(messages(source, text)).toEqual([`${source}:1: ${message}`]);
  });

  it('is not confused with a property, a word in a comment or a string', () => {
    const text = `// console.log(process)
      export interface Entry { process: number; console(): void }
      export const name = (entry: Entry): string => \`console \${entry.process} \${Math.max(1, 2)}\`;`;
    expect(messages(source, text)).toEqual([]);
  });

  it('of the terminal is open to the cli and to tests, of the clock also to the store', () => {
    expect(messages('packages/cli/src/planted.ts', 'console.log(process.pid, Date.now());')).toEqual([]);
    expect(messages('packages/state/src/planted.test.ts', 'console.log(new Date());')).toEqual([]);
    expect(messages('packages/trace/src/planted.ts', 'export const now = Date.now();')).toEqual([]);
    expect(messages('packages/trace/src/planted.ts', 'console.log(1);')).toHaveLength(1);
  });
});

describe('the check', () => {
  it('refuses a package that the table does not know', () => {
    expect(() => checkText('packages/utils/src/index.ts', '')).toThrow('no line in the table');
  });

  it('refuses a text it cannot read', () => {
    expect(() => checkText('packages/x86/src/planted.ts', 'export const = ;')).toThrow('packages/x86/src/planted.ts');
  });

  it('compares what a package.json declares with the table', () => {
    const manifest = JSON.stringify({ dependencies: { '@kwind/state': 'workspace:*', 'better-sqlite3': 'catalog:' } });
    expect(checkManifest('packages/trace/package.json', manifest).map((found) => found.message)).toEqual([
      'trace may not depend on @kwind/state',
    ]);
  });

  it('lets a debt cover its violation, and complains about a debt that is paid off', () => {
    const violations = checkText('packages/x86/src/planted.ts', 'console.log(1);');
    const debt = { path: 'packages/x86/src/planted.ts', rule: 'terminal', why: 'planted' };
    expect(settle(violations, [debt])).toEqual([]);
    expect(settle([], [debt]).map((found) => found.message)).toEqual([expect.stringContaining('paid off')]);
  });
});
