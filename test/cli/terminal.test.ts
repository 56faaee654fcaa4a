import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveMachine } from '@kwind/recorder';
import { createTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { scratch } from './kwind.ts';
import { restless, sampleEvents, sampleHeader, writeTrace } from './sample-trace.ts';
import { hasPty, plain, PROMPT, Terminal, type TerminalOptions } from './terminal.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
writeTrace(trace);
const long = join(folder, 'long.kwind');
writeTrace(long, [...sampleEvents.slice(0, 4), ...restless(900_000)]);

const [TAB, UP, CTRL_C, CTRL_D] = ['\t', '\u001b[A', '\u0003', '\u0004'];
const open: Terminal[] = [];
afterEach(() => open.splice(0).forEach((terminal) => terminal.kill()));

async function start(argv: readonly string[], { env, ...options }: TerminalOptions = {}): Promise<Terminal> {
  const state = join(folder, `state-${open.length}`);
  const terminal = new Terminal(['debug', ...argv], {
    env: { NO_COLOR: '1', XDG_STATE_HOME: state, ...env },
    ...options,
  });
  open.push(terminal);
  await terminal.see(PROMPT);
  return terminal;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (!hasPty)
  console.warn('test/cli/terminal: no python3 with its pty module here, so nothing is tried on a real terminal');

describe.skipIf(!hasPty)('the debugger on a real terminal', () => {
  it('greets, shows percent and position in the prompt, and leaves at ^D', async () => {
    const terminal = new Terminal(['debug', trace], { env: { NO_COLOR: '1', XDG_STATE_HOME: folder } });
    open.push(terminal);
    expect(plain(await terminal.see(PROMPT))).toContain('19 events of sample.kws');
    expect(await terminal.run('goto 12')).toContain('[ 12/19 ]  pte.written');
    terminal.type('got');
    terminal.type(TAB);
    await terminal.see('goto ');
    terminal.type('12');
    terminal.type('\r');
    await terminal.see('[ 12/19 ]');
    await terminal.see(PROMPT);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
  });

  it('completes commands, event types, bookmarks, names in expressions and addresses that it has shown', async () => {
    const terminal = await start([trace]);
    const completed = async (typed: string, whole: string): Promise<void> => {
      terminal.type(`${typed}${TAB}`);
      await terminal.see(whole);
      terminal.type(CTRL_C);
      await terminal.see(PROMPT);
    };
    await completed('reverse-s', 'reverse-step');
    await completed('break slot.cl', 'slot.claimed');
    await completed('break early_memu', 'early_memunmap');
    await completed('print slots_i', 'slots_in_use');
    await terminal.run('goto 15');
    await completed('walk 0xffffffffff2', '0xffffffffff200000');
    await terminal.run('bookmark odd');
    await completed('goto @o', '@odd');
    expect(terminal.unread).not.toContain('there is no');
  });

  it('brings back what was typed, also in the next session', async () => {
    const env = { XDG_STATE_HOME: join(folder, 'kept') };
    const first = await start([trace], { env });
    await first.run('goto 7');
    await first.run('when');
    first.type(`${UP}${UP}\r`);
    await first.see('[ 7/19 ]');
    first.type(CTRL_D);
    await first.ended;
    expect(readFileSync(join(env.XDG_STATE_HOME, 'kwind', 'history'), 'utf8')).toBe('when\ngoto 7\n');
    const second = await start([trace], { env });
    second.type(`${UP}\r`);
    await second.see('[ 7/19 ]');
  });

  it('repeats the last movement at an empty line', async () => {
    const terminal = await start([trace]);
    await terminal.run('step');
    expect(await terminal.run('')).toContain('[ 2/19 ]');
    expect(await terminal.run('')).toContain('[ 3/19 ]');
  });

  it('drops a line at ^C, keeps the session, and colours only here', async () => {
    const terminal = await start([trace], { env: { NO_COLOR: '' } });
    terminal.type(`garbage${CTRL_C}`);
    await terminal.see(PROMPT);
    terminal.type('goto 15\r');
    const shown = await terminal.see('slots in use 0 -> 1');
    expect(shown).toContain('\u001b[32mslot.claimed\u001b[39m');
  });

  it('ends a long search at ^C within 100 ms, and stays', async () => {
    const terminal = await start([long]);
    await terminal.run('goto 850000');
    terminal.type('until -r if pte(0xffffffffff200000).phys == 1\r');
    await terminal.see('\n');
    await pause(150);
    expect(terminal.unread).toBe('');
    const asked = performance.now();
    terminal.type(`typed${CTRL_C}`);
    const shown = await terminal.see(PROMPT);
    // 100 ms, and some for a machine that runs other tests.
    expect(performance.now() - asked).toBeLessThan(400);
    expect(shown).toContain('Interrupted; still here.');
    expect(shown).toContain('#850000)');
    expect(await terminal.run('when')).toContain('[ 850000/900004 ]');
  });

  it('shows long answers a screen at a time, at any size, and leaves at q', async () => {
    const terminal = await start([trace], { rows: 12 });
    terminal.type('help\r');
    const first = plain(await terminal.see('--More--'));
    expect(first.split('\n').length).toBeLessThanOrEqual(14);
    terminal.type(' ');
    const second = plain(await terminal.see('--More--'));
    expect(second.split('\n').length).toBeGreaterThan(9);
    terminal.type('\r');
    expect(
      plain(await terminal.see('--More--'))
        .trim()
        .split('\n').length,
    ).toBeLessThanOrEqual(3);
    terminal.resize(80, 30);
    await pause(200);
    terminal.type(' ');
    expect(plain(await terminal.see('--More--')).split('\n').length).toBeGreaterThan(25);
    terminal.type('q');
    await terminal.see(PROMPT);
    expect(await terminal.run('when')).toContain('[ 0/19 ]');
  });

  it('gives long answers to $PAGER, and to none for PAGER=cat', async () => {
    const terminal = await start([trace], { rows: 12, env: { PAGER: "sed 's/^/| /'" } });
    expect(await terminal.run('help')).toContain('| Moving\n');
    expect(await terminal.run('when')).not.toContain('| ');
    const whole = await start([trace], { rows: 12, env: { PAGER: 'cat' } });
    expect(await whole.run('help')).toContain('--all behind a command');
    const missing = await start([trace], { rows: 12, env: { PAGER: 'no-such-pager-here' } });
    missing.type('help\r');
    await missing.see('--More--');
  });

  it('writes for the width that the terminal has by now', async () => {
    const terminal = await start([trace], { columns: 120 });
    await terminal.run('goto 15');
    const wide = await terminal.run('info slots');
    terminal.resize(80, 24);
    await pause(200);
    await terminal.run('when');
    const narrow = await terminal.run('info slots');
    expect(wide).toContain('boot.log:12');
    expect(
      Math.max(
        ...narrow
          .split('\n')
          .slice(0, 2)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
    expect(narrow).toContain('…');
  });

  it('keeps what a stop says within the screen, and loses nothing of it', async () => {
    const wide = await start([trace], { columns: 200 });
    const words = (await wide.run('goto 15')).split(/\s+/);
    for (const columns of [80, 40]) {
      const terminal = await start([trace], { columns });
      const shown = await terminal.run('goto 15');
      for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      // The kernel's file gives way first: the function tells it.
      const others = (all: readonly string[]) => all.filter((word) => word !== 'mm/early_ioremap.c');
      expect(others(shown.split(/\s+/))).toEqual(others(words));
    }
  });

  it('takes the commands of a breakpoint over several lines, and drops them at ^C', async () => {
    const terminal = await start([trace]);
    await terminal.run('break slot.claimed');
    const block = async (...lines: readonly string[]): Promise<void> => {
      terminal.type('commands\r');
      await terminal.see('\n');
      for (const line of lines) {
        await terminal.see('> ');
        terminal.type(line);
      }
      await terminal.see(PROMPT);
    };
    await block('print slots_in_use\r', CTRL_C);
    expect(await terminal.run('info breakpoints')).not.toContain('do ');
    await block('print slots_in_use\r', 'goto start\r', 'end\r');
    const shown = await terminal.run('c');
    expect(shown).toContain('[ 15/19 ]  slot.claimed');
    expect(shown).toContain('slots_in_use = 1');
    expect(shown).toContain('[ 0/19 ]');
  });

  it('with --follow waits for what a recorder adds, until ^C', async () => {
    const path = join(folder, 'growing.kwind');
    const writer = createTrace(path, sampleHeader, {});
    const machine = new LiveMachine(profile('linux-6.1'), (batch) => writer.append(batch));
    const record = (from: number, to: number): void => {
      for (const event of sampleEvents.slice(from, to)) machine.emit(event);
      machine.flush();
      writer.flush();
    };
    record(0, 8);
    const terminal = await start([path, '--follow']);
    await terminal.run('break slot.claimed');
    terminal.type('c\r');
    await terminal.see('Waiting for the recorder');
    record(8, 16);
    await terminal.see('[ 15/16 ]  slot.claimed');
    await terminal.see(PROMPT);
    terminal.type('c\r');
    await terminal.see('Waiting for the recorder');
    terminal.type(CTRL_C);
    await terminal.see(PROMPT);
    record(16, 19);
    writer.finish();
    expect(await terminal.run('when')).toContain('[ 16/19 ]');
    expect(await terminal.run('c')).toContain('No more history');
  });

  it('takes what is not ASCII', async () => {
    const terminal = await start([trace]);
    expect(await terminal.run('bookmark läuft-über -m "größer als 日本"')).toContain('bookmark @läuft-über at #0');
    expect(await terminal.run('info bookmarks')).toContain('größer als 日本');
    expect(await terminal.run('日本')).toContain('there is no command "日本"');
  });

  it('runs .kwindrc of the folder first, and not with --no-rc', async () => {
    const cwd = join(folder, 'with-rc');
    mkdirSync(cwd);
    const lines = ['# at every stop', 'display slots_in_use', 'break slot.claimed', 'commands', 'print depth', 'end'];
    writeFileSync(join(cwd, '.kwindrc'), `${lines.join('\n')}\n`);
    const terminal = await start([trace], { cwd });
    const stop = await terminal.run('c');
    expect(stop).toContain('1: slots_in_use = 1');
    expect(stop).toContain('depth = ');
    const bare = await start([trace, '--no-rc'], { cwd });
    expect(await bare.run('goto 15')).not.toContain('slots_in_use =');
  });
});
