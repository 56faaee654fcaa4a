import { describe, expect, it } from 'vitest';
import { checkProject, checkText, describeOversize } from './check-sizes.ts';

const lines = (count: number): string => '// line\n'.repeat(count);
const functionOf = (count: number): string => `export function planted() {\n${lines(count - 2)}}\n`;
const failures = (path: string, text: string): readonly string[] =>
  checkText(path, text)
    .filter((found) => !found.note)
    .map(describeOversize);

describe('the sources of this repository', () => {
  it('hold the limits of files and functions', () => {
    expect(
      checkProject()
        .filter((found) => !found.note)
        .map(describeOversize),
    ).toEqual([]);
  });
});

describe('a file', () => {
  const path = 'packages/x86/src/planted.ts';

  it('of 400 lines is noted, of 401 refused', () => {
    expect(checkText(path, lines(400))).toEqual([
      { path, line: 1, what: 'file', nrLines: 400, limit: 250, note: true },
    ]);
    expect(failures(path, lines(401))).toEqual([`${path}:1: file has 401 lines, the limit is 400`]);
  });

  it('may be longer when it holds tests, and as long as it likes when it holds data', () => {
    expect(failures('packages/x86/src/planted.test.ts', lines(600))).toEqual([]);
    expect(failures('packages/x86/src/planted.test.ts', lines(601))).toHaveLength(1);
    expect(checkText('packages/x86/src/profiles/v6_10.ts', lines(5000))).toEqual([]);
  });
});

describe('a function', () => {
  const path = 'packages/x86/src/planted.ts';

  it('of 40 lines is fine, of 60 noted, of 61 refused', () => {
    expect(checkText(path, functionOf(40))).toEqual([]);
    expect(checkText(path, functionOf(60)).map((found) => found.note)).toEqual([true]);
    expect(failures(path, functionOf(61))).toEqual([`${path}:1: function planted has 61 lines, the limit is 60`]);
  });

  it.each([
    [`export const planted = () => {\n${lines(60)}};`, 'function planted'],
    [`export class Reader {\n  planted(): void {\n${lines(60)}}\n}`, 'function planted'],
    [`[1].map(() => {\n${lines(60)}});`, 'function callback'],
    [`it('does a thing', () => {\n${lines(60)}});`, 'function callback'],
  ])('is found in every shape: %#', (text, what) => {
    expect(failures(path, text)).toEqual([expect.stringContaining(what)]);
  });

  it('is not seen in a list of tests', () => {
    const text = `describe.each([1])('things', () => {\n${lines(100)}});`;
    expect(failures('packages/x86/src/planted.test.ts', text)).toEqual([]);
  });
});
