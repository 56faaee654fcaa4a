import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kwind, scratch, type Ran, type RunOptions } from './kwind.ts';
import { sampleEvents, writeTrace } from './sample-trace.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
writeTrace(trace);
const TOTAL = sampleEvents.length;

const batch = (commands: readonly string[], more: readonly string[] = [], options: RunOptions = {}): Promise<Ran> =>
  kwind(['debug', trace, '-batch', ...commands.flatMap((command) => ['-ex', command]), ...more], options);
const piped = (text: string, more: readonly string[] = []): Promise<Ran> =>
  kwind(['debug', trace, ...more], { stdin: text });
/** Positions at which a session stopped. */
const stops = ({ out }: Ran): number[] => [...out.matchAll(/^\[ (\d+)\/\d+ \]/gm)].map((match) => Number(match[1]));

describe('kwind debug -batch', () => {
  it('steps forward and backward to the event', async () => {
    expect(stops(await batch(['goto 11', 'step', 'step 2', 'reverse-step', 'rs 3', 's']))).toEqual([
      11, 12, 14, 13, 10, 11,
    ]);
  });

  it('takes a whole call as one step, both ways', async () => {
    expect(stops(await batch(['goto 9', 'next', 'reverse-next', 'goto 10', 'n', 'rn']))).toEqual(
      [9, 16, 9, 10, 14, 10].map((n) => n),
    );
  });

  it('finishes a call, both ways', async () => {
    expect(stops(await batch(['goto 12', 'finish', 'goto 12', 'reverse-finish']))).toEqual([12, 14, 12, 10]);
  });

  it('says so at the ends of history', async () => {
    const { out } = await batch(['goto end', 's', 'goto start', 'rs']);
    expect(out).toContain('No more history: this is the end.');
    expect(out).toContain('No more reverse-execution history: this is the start.');
  });

  it('tells what a stop changed, old to new in the order of time, also when going back', async () => {
    for (const way of [
      ['goto 11', 's'],
      ['goto 13', 'rs'],
    ]) {
      const { lines } = await batch([way[1]!], ['--at', way[0]!.slice(5)]);
      expect(lines[0]).toBe(
        `[ 12/${TOTAL} ]  pte.written  bm_pte[0]  0x0 -> 0x80000000000f0163  (FIX_BTMAP slot 0 page 0)`,
      );
      expect(lines.slice(2, 4)).toEqual([
        '    was  0x0  none',
        '    now  0x80000000000f0163  phys 0xf0000 RW A D G NX',
      ]);
    }
  });

  it('counts slots in use before and after', async () => {
    expect((await batch(['goto 15'])).out).toContain('slots in use 0 -> 1');
  });

  it('goes on after a refused command and exits 2', async () => {
    const ran = await batch(['foo', 'goto 99999', 'goto 3']);
    expect(ran.code).toBe(2);
    expect(stops(ran)).toEqual([3]);
    expect(ran.err).toContain('there is no command "foo".');
    expect(ran.err).toContain('outside the trace');
  });

  it('exits 0 when all went well', async () => {
    expect((await batch(['goto 3', 'info slots'])).code).toBe(0);
  });

  it('runs files and commands in the order given', async () => {
    const file = join(folder, 'steps.txt');
    writeFileSync(file, '# a comment\ngoto 5\n\nstep\n');
    const ran = await kwind(['debug', trace, '-batch', '-ex', 'goto 2', '-x', file, '-ex', 'rs']);
    expect(stops(ran)).toEqual([2, 5, 6, 5]);
    expect((await batch([`source ${join(folder, 'none.txt')}`])).code).toBe(2);
  });

  it('takes commands of a breakpoint over several lines, from -ex and from a file', async () => {
    const lines = ['break slot.claimed', 'commands 1', 'silent', 'print slots_in_use', 'end', 'continue'];
    const file = join(folder, 'block.txt');
    writeFileSync(file, lines.join('\n'));
    for (const ran of [await batch(lines), await kwind(['debug', trace, '-batch', '-x', file])]) {
      expect(ran.lines).toContain('slots_in_use = 1');
      expect(stops(ran)).toEqual([]);
      expect(ran.code).toBe(0);
    }
    writeFileSync(file, 'break slot.claimed\ncommands\nwhen\n');
    const open = await kwind(['debug', trace, '-batch', '-x', file, '-ex', 'when']);
    expect(open.err).toContain('ends among the commands of breakpoint 1');
    expect(open.out).toContain('[ 0/19 ]');
    expect((await batch(['break slot.claimed', 'commands', 'when'])).code).toBe(2);
    expect((await batch(['end'])).err).toContain('nothing to end');
  });

  it('answers a block of commands with one object of JSON', async () => {
    const ran = await batch(['break slot.claimed', 'commands', 'when', 'end', 'c'], ['--json']);
    expect(ran.lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'done',
      'done',
      'stopped',
      'position',
    ]);
  });

  it('refuses a file that sources itself', async () => {
    const file = join(folder, 'loop.txt');
    writeFileSync(file, `source ${file}\n`);
    const { code, err } = await batch([`source ${file}`]);
    expect(code).toBe(2);
    expect(err).toContain('Does one source itself?');
  });

  it('leaves at quit', async () => {
    expect(stops(await batch(['goto 3', 'quit', 'goto 4']))).toEqual([3]);
  });

  it('takes aliases and unambiguous beginnings', async () => {
    expect(
      stops(await batch(['got 7', 'fin', '!tt 50%', 'ugo end-1', 'run 4', 'record goto 6', 't', 't-', 'p 2', 'p-'])),
    ).toEqual([
      ...(await batch([
        'goto 7',
        'finish',
        'goto 50%',
        'goto end-1',
        'goto 4',
        'goto 6',
        'step',
        'reverse-step',
        'next 2',
        'reverse-next',
      ]).then(stops)),
    ]);
    expect((await batch(['st'])).code).toBe(0);
    expect((await batch(['re'])).err).toContain('may be');
  });

  it('prints one JSON object a command', async () => {
    const { lines, code } = await batch(['when', 'goto 12', 'info slots', 'nonsense'], ['--json']);
    const answers = lines.map((line) => JSON.parse(line) as { type: string });
    expect(answers.map(({ type }) => type)).toEqual(['position', 'stopped', 'slots', 'error']);
    expect(answers[0]).toMatchObject({ position: 0, total: TOTAL, percent: 0 });
    expect(answers[1]).toMatchObject({
      at: { position: 12 },
      event: { event: { seq: 11, type: 'pte.written', after: '0x80000000000f0163' } },
    });
    expect(answers[3]).toMatchObject({ code: 'command/unknown' });
    expect(code).toBe(2);
  });

  it('starts where --at says', async () => {
    expect((await batch(['when'], ['--at', 'end'])).out).toContain(`[ ${TOTAL}/${TOTAL} ]  100.0%`);
    expect((await batch(['when'], ['--at', 'nowhere'])).code).toBe(2);
  });

  it('echoes commands for a transcript', async () => {
    const { lines } = await batch(['goto 2', 'when'], ['--echo']);
    expect(lines.filter((line) => line.startsWith('> '))).toEqual(['> goto 2', '> when']);
  });

  it('has help for every command', async () => {
    const { lines } = await batch(['help']);
    const names = lines.flatMap((line) => /^ {2}([a-z-]+)/.exec(line)?.[1] ?? []);
    expect(names.length).toBeGreaterThan(20);
    for (const name of [...names, 'source', 'end']) expect((await batch([`help ${name}`])).out).toContain('examples:');
  });

  it('keeps control characters of a trace away from the terminal', async () => {
    const { out } = await batch(['goto 17', 'list', 'info warnings', 'search evil'], [], {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(out).toContain('evil \\e[31mred');
    expect(out).not.toContain('\u001b');
  });
});

describe('kwind debug with commands from a pipe', () => {
  it('needs no prompt and stays after an error', async () => {
    const ran = await piped('goto 3\nfoo\nstep\n');
    expect(stops(ran)).toEqual([3, 4]);
    expect(ran.out).not.toContain('(kwind');
    expect(ran.err).toContain('there is no command "foo".');
    expect(ran.code).toBe(0);
  });

  it('repeats the last movement for an empty line, but not what it set', async () => {
    expect(stops(await piped('goto 3\nstep\n\n\n'))).toEqual([3, 4, 5, 6]);
    const { out } = await piped('break pte.*\n\ninfo breakpoints\n');
    expect(out).not.toContain('break 2');
  });

  it('runs -ex commands first', async () => {
    expect(stops(await piped('step\n', ['-ex', 'goto 8']))).toEqual([8, 9]);
  });

  it('stops reading at quit and at the end', async () => {
    expect(stops(await piped('s\nquit\ns\n'))).toEqual([1]);
    expect((await piped('')).code).toBe(0);
  });
});
