import { describe, expect, it } from 'vitest';
import { checkProject, checkText, describeLeak } from './check-prose.ts';

// Put together here, so that this file does not hold what it looks for.
const join = (...parts: readonly string[]): string => parts.join('');

describe('the text of this repository', () => {
  it('names no path of one machine and no registry host', () => {
    expect(checkProject().map(describeLeak)).toEqual([]);
  });
});

describe('a line', () => {
  it.each([
    join('see ..', '/shared/design.md'),
    join('cd /', 'work/main'),
    join('"/', 'work/main/tools"'),
    join('tarball: https://registry', '.example.org/immer'),
    join('resolved https://www.npm', 'js.com/package/immer'),
    join('registry', '=http', '://localhost:4873'),
  ])('is caught: %s', (text) => {
    expect(checkText('README.md', `fine\n${text}\n`)).toEqual([expect.objectContaining({ line: 2 })]);
  });

  it.each([
    'needs the npm registry once',
    'arch/x86/work/main.c',
    'the shared page tables',
    'https://example.org/work/1',
  ])('is left alone: %s', (text) => {
    expect(checkText('README.md', text)).toEqual([]);
  });
});
