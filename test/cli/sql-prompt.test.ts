import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';
import { restless, sampleEvents, writeTrace } from './sample-trace.ts';
import { hasPty, plain, Terminal } from './terminal.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
beforeAll(() => writeTrace(trace, [...sampleEvents.slice(0, 19), ...restless(3000)]));

const [TAB, UP, CTRL_C, CTRL_D] = ['\t', '\u001b[A', '\u0003', '\u0004'];
const PROMPT = /sql> /;
const FOREVER = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
const open: Terminal[] = [];
afterEach(() => open.splice(0).forEach((terminal) => terminal.kill()));

async function start(...options: readonly string[]): Promise<Terminal> {
  const terminal = new Terminal(['sql', trace, ...options], { env: { NO_COLOR: '1', XDG_STATE_HOME: folder } });
  open.push(terminal);
  await terminal.see(PROMPT);
  return terminal;
}

/** Type a line; what is printed below it up to the next prompt. */
async function ask(terminal: Terminal, line: string): Promise<string> {
  terminal.type(`${line}\r`);
  await terminal.see('\n');
  return plain(await terminal.see(PROMPT)).replace(/sql> $/, '');
}

describe.skipIf(!hasPty)('the SQL prompt on a real terminal', () => {
  it('answers statements of several lines, and keeps what was typed', async () => {
    const terminal = await start();
    terminal.type('SELECT type\r');
    await terminal.see('...> ');
    terminal.type('FROM events -- not yet;\r');
    await terminal.see('...> ');
    expect(await ask(terminal, 'WHERE seq = 6;')).toContain('cr3.loaded');
    expect(await ask(terminal, 'SELECT absent FROM events;')).toContain('no such column: absent');
    expect(await ask(terminal, "ATTACH 'x' AS y;")).toContain('this is not a query');
    terminal.type(UP);
    await terminal.see("ATTACH 'x' AS y;");
    terminal.type(CTRL_C);
    await terminal.see('sql> ');
    terminal.type(`SELECT count(*) FROM pte_wr${TAB}`);
    await terminal.see('pte_writes');
    terminal.type(CTRL_C);
    await terminal.see('sql> ');
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
    expect(readFileSync(join(folder, 'kwind', 'sql-history'), 'utf8')).toContain('WHERE seq = 6;');
  });

  it('gets the prompt back from a query without end, by ^C or by a time', async () => {
    const terminal = await start();
    terminal.type(`${FOREVER};\r`);
    await terminal.see('\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    terminal.type(CTRL_C);
    expect(plain(await terminal.see(PROMPT))).toContain('^C  interrupted');
    expect(await ask(terminal, 'SELECT 40 + 2 AS answer;')).toContain('42');
    await ask(terminal, '.timeout 1');
    expect(await ask(terminal, `${FOREVER};`)).toContain('the query was stopped after 1 second.');
    expect(await ask(terminal, 'SELECT 40 + 3 AS answer;')).toContain('43');
  });

  it('has commands of its own', async () => {
    const terminal = await start();
    expect(await ask(terminal, '.tables')).toContain('slots_at(pos) -> (slot');
    expect(await ask(terminal, '.schema flushes')).toMatch(
      /flushes {2}-- every flush.*\n {2}seq\n[\s\S]* {2}vaddr {2}-- an address/,
    );
    expect(await ask(terminal, '.schema nope')).toContain('there is no table "nope"');
    expect(await ask(terminal, '.mode csv')).toBe('');
    expect(await ask(terminal, 'SELECT 1 AS a, NULL AS b;')).toBe('a,b\n1,\n');
    await ask(terminal, '.mode table');
    await ask(terminal, '.limit 2');
    expect(await ask(terminal, 'SELECT seq FROM events;')).toContain('(the first 2 rows)');
    await ask(terminal, '.limit 0');
    expect(await ask(terminal, 'SELECT seq FROM events;')).toContain('(3,019 rows)');
    expect(await ask(terminal, '.mod csv')).toContain('Did you mean .mode?');
    expect(await ask(terminal, '.help')).toContain('.quit');
    terminal.type('.quit\r');
    expect(await terminal.ended).toBe(0);
  });
});

describe('kwind sql without a terminal', () => {
  it('writes CSV to a terminal without what moves its cursor, and to a file as it is', async () => {
    const argv = ['sql', trace, "SELECT char(27) || '[2J' AS a, 'b' || char(13, 10) || 'c' AS b", '--csv'];
    expect((await kwind(argv)).out).toBe('a,b\n\u001b[2J,"b\r\nc"\n');
    expect((await kwind(argv, { columns: 80 })).out).toBe('a,b\n\\e[2J,b\\r\\nc\n');
  });

  it('stops at a number of rows or of seconds', async () => {
    const few = await kwind(['sql', trace, 'SELECT seq FROM events', '--csv', '--limit', '2']);
    expect([few.code, few.out]).toEqual([0, 'seq\n0\n1\n']);
    expect(few.err).toContain('only the first 2 rows');
    const all = await kwind(['sql', trace, 'SELECT seq FROM events', '--limit', '3019', '--timeout', '60']);
    expect([all.code, all.lines.length, all.err]).toEqual([0, 3021, '']);
    const long = await kwind(['sql', trace, FOREVER, '--timeout', '1']);
    expect([long.code, long.out]).toEqual([2, '']);
    expect(long.err).toContain('stopped after 1 second');
    expect((await kwind(['sql', trace, 'SELECT 1', '--limit', '-1'])).code).toBe(2);
    expect((await kwind(['sql', trace, 'SELECT 1', '--csv', '--json'])).code).toBe(2);
  });
});
