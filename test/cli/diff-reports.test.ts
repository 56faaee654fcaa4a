import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

/*
 * Whole reports of `kwind diff`, reviewed like prose. The first two lines say how the traces are made (a script may be
 * changed in a line: `/ old => new`, of which `new` may be nothing), the third what is asked. To take over a change of
 * the output once it has been read: KWIND_ACCEPT=1 npm test -- test/cli/diff-reports
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test', 'diff-reports');
const accept = process.env['KWIND_ACCEPT'] === '1';
const work = scratch();

async function make(line: string, cwd: string, name: string): Promise<void> {
  const [command = '', change] = line.slice(2).split(' / ');
  const argv = command.split(' ');
  if (change !== undefined) {
    const [old = '', now = ''] = change.split(' =>').map((text) => text.trim());
    const script = readFileSync(join(root, argv[1]!), 'utf8').split('\n');
    const planted = script.map((text) => (text.startsWith(old) ? now : text));
    expect(planted).not.toEqual(script);
    argv[1] = join(cwd, `${name}.kws`);
    writeFileSync(argv[1], planted.join('\n'));
  }
  const made = await kwind([...argv, '-o', join(cwd, name)], { cwd: root });
  expect(made.err).toBe('');
}

async function report(name: string, text: string): Promise<string> {
  const [a = '', b = '', asked = ''] = text.split('\n');
  const cwd = join(work, name);
  mkdirSync(cwd);
  await make(a, cwd, 'A');
  await make(b, cwd, 'B');
  const ran = await kwind([...asked.slice(2).split(' ').slice(0, 1), 'A', 'B', ...asked.split(' ').slice(2)], { cwd });
  expect(ran.err).toBe('');
  expect(ran.code).toBe(1);
  return `${a}\n${b}\n${asked}\n${ran.out}`;
}

describe('reports of diff', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const now = await report(name, text);
    if (accept) writeFileSync(path, now);
    expect(now).toBe(accept ? now : text);
  });
});

const slid = ['--set', 'kaslr=0x13400000'];
const memory = (page: string, vmalloc: string): string[] => [
  '--set',
  `page_offset=${page}`,
  '--set',
  `vmalloc_start=${vmalloc}`,
];
const slides: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['the image', [], slid],
  [
    'the image, the direct map and the vmalloc area',
    ['--set', 'kaslr=0x200000', ...memory('0xffff888040000000', '0xffffc90040000000')],
    [...slid, ...memory('0xffff8f4080000000', '0xffffa2ccc0000000')],
  ],
];

describe('one boot, recorded twice with other slides', () => {
  const kernels = ['linux-4.4', 'linux-4.14', 'linux-4.19', 'linux-6.1', 'linux-6.12'];
  it.each(kernels.flatMap((build) => slides.map((slide) => [build, ...slide] as const)))(
    '%s: %s lies elsewhere, and nothing else differs',
    async (build, what, left, right) => {
      const cwd = join(work, `${build} ${what}`);
      mkdirSync(cwd);
      const script = ['record', 'traces/scripts/small-pc.kws', '--profile', build];
      await kwind([...script, '-f', '-o', join(cwd, 'A'), ...left], { cwd: root });
      await kwind([...script, '-f', '-o', join(cwd, 'B'), ...right], { cwd: root });
      const ran = await kwind(['diff', 'A', 'B'], { cwd });
      expect(ran.lines.slice(1).filter((line) => !line.endsWith('taken out of the comparison)'))).toEqual([
        'The same.',
      ]);
      expect(ran.code).toBe(0);
    },
  );
});

describe('a boot without KASLR and one with all of it', () => {
  it.each(['linux-4.4', 'linux-4.19', 'linux-6.1', 'linux-6.12'])(
    '%s: differ in the call alone that only KASLR makes',
    async (build) => {
      const cwd = join(work, `${build} one side`);
      mkdirSync(cwd);
      const script = ['record', 'traces/scripts/small-pc.kws', '--profile', build];
      const moved = [...slid, ...memory('0xffff8f4080000000', '0xffffa2ccc0000000')];
      await kwind([...script, '-o', join(cwd, 'A')], { cwd: root });
      await kwind([...script, '-o', join(cwd, 'B'), ...moved], { cwd: root });
      const there = JSON.parse((await kwind(['diff', 'A', 'B', '--json'], { cwd })).out) as Told;
      expect(there.differences).toMatchObject([{ kind: 'only-b', b: { text: 'init_trampoline_kaslr()' } }]);
      expect(there.end.sections).toEqual([]);
      const back = JSON.parse((await kwind(['diff', 'B', 'A', '--json'], { cwd })).out) as Told;
      expect(back.differences).toMatchObject([{ kind: 'only-a', a: { text: 'init_trampoline_kaslr()' } }]);
    },
  );
});

interface Told {
  readonly differences: readonly unknown[];
  readonly end: { readonly sections: readonly unknown[] };
}
