import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'kwind-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blocks = (text: string, fence: string): string[] =>
  text
    .split(`\`\`\`${fence}\n`)
    .slice(1)
    .map((part) => part.split('\n```')[0]!);

/** `$ command` lines of the tour with what is printed below each. */
function tour(): { command: string; printed: string }[] {
  return blocks(readme, 'console')
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((part) => ({ command: part.split('\n')[0]!, printed: part.split('\n').slice(1).join('\n').trimEnd() }));
}

/** Runs a tour line as a shell in the temporary folder would, with our CLI for `npx kwind`. */
function run(command: string): string {
  const line = command.replace(/^npx kwind/, '"$NODE" "$CLI"').replaceAll('traces/', `${root}/traces/`);
  const env = { ...process.env, NODE: process.execPath, CLI: join(root, 'packages/cli/bin/kwind.mjs'), NO_COLOR: '1' };
  return execFileSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' }).trimEnd().replaceAll(`${root}/`, '');
}

/** A pattern for printed text in which a line `…` stands for any lines. */
function patternOf(printed: string): RegExp {
  const lines = printed
    .split('\n')
    .map((line) => (line === '…' ? '[\\s\\S]*?' : line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${lines.join('\n')}$`);
}

describe('the README', () => {
  for (const { command, printed } of tour()) {
    it(`shows what is really printed by: ${command}`, () => {
      expect(run(command)).toMatch(patternOf(printed));
    });
  }

  it('has a boot script that runs and holds', () => {
    const script = readme.split('```\nprofile linux-6.1')[1]!.split('\n```')[0]!;
    writeFileSync(join(folder, 'readme.kws'), `profile linux-6.1${script}\n`);
    expect(run('npx kwind record readme.kws -o readme.kwind')).toContain('1 of 1 expectation held');
  });

  it('has a library example that runs and prints what its comments say', () => {
    const options = { cwd: join(root, 'test'), encoding: 'utf8' } as const;
    const printed = execFileSync(
      process.execPath,
      ['--input-type=module-typescript', '-e', blocks(readme, 'ts')[0]!],
      options,
    );
    expect(printed.trim().split('\n').slice(-2)).toEqual(['mapped', 'not-present']);
  });
});
