import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratch } from './kwind.ts';

const folder = scratch();
const repository = join(folder, 'linux');
const cli = fileURLToPath(new URL('../../packages/cli/bin/kwind.mjs', import.meta.url));
const hasGit = spawnSync('git', ['--version']).status === 0;
const env = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};
const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: repository, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const kwind = (...args: readonly string[]): string => run(process.execPath, cli, ...args);

const FIRST_BAD = 5;
const BROKEN = 3;
/** What commit i boots: one does not even run, and from one on a mapping is not undone. */
const boot = (i: number): string =>
  [
    'profile linux-6.1',
    'boot',
    ...Array.from({ length: i }, (_, k) => `phase step${k % 2}`),
    'a = early_ioremap(0xfed40000, 0x1000) @ tpm_probe+0x40',
    ...(i === BROKEN ? ['nonsense()'] : []),
    ...(i >= FIRST_BAD ? [] : ['early_iounmap(a, 0x1000) @ tpm_probe+0x60']),
    'phase late_initcall',
    '',
  ].join('\n');

/** A test as the README has it: build and boot the commit, skip it when that fails, then judge the trace. */
const script = `#!/bin/sh
"${process.execPath}" "${cli}" record boot.kws -o ../now.kwind -f > /dev/null 2>&1 || exit 125
"${process.execPath}" "${cli}" check ../now.kwind --bisect-exit > /dev/null
`;

describe.skipIf(!hasGit)('two axes', () => {
  it('finds the commit by git bisect, and in its trace the event by kwind bisect', { timeout: 120_000 }, () => {
    mkdirSync(repository);
    run('git', 'init', '-q');
    for (let i = 0; i < 8; i++) {
      writeFileSync(join(repository, 'boot.kws'), boot(i));
      run('git', 'add', '.');
      run('git', 'commit', '-q', '-m', `commit ${i}`);
    }
    writeFileSync(join(folder, 'test.sh'), script, { mode: 0o755 });
    run('git', 'bisect', 'start', 'HEAD', 'HEAD~7');
    expect(run('git', 'bisect', 'run', '../test.sh')).toContain('is the first bad commit');
    expect(run('git', 'log', '-1', '--format=%s', 'refs/bisect/bad').trim()).toBe(`commit ${FIRST_BAD}`);
    run('git', 'checkout', '-q', 'refs/bisect/bad');
    kwind('record', 'boot.kws', '-o', '../bad.kwind');
    const found = kwind('bisect', '../bad.kwind', '--expr', 'slots_in_use == 0');
    expect(found).toMatch(
      /is the first bad position[\s\S]*slot\.claimed[\s\S]*early_ioremap\(0xfed40000, 0x1000\) {2}from tpm_probe\+0x40/,
    );
    expect(found).toMatch(/Look at it with: kwind debug \.\.\/bad\.kwind --at \d+/);
  });
});
