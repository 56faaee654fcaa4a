import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchBuilder } from '@kwind/events';
import { createTrace, openTrace, verifyTrace } from '@kwind/trace';
import { kwind, scratch } from '../cli/kwind.ts';
import { writeUnfinished } from './unfinished.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const script = at('many.kws');
const whole = at('whole.kwind');
const body = 'a = early_ioremap(0xf0000 + i * 0x1000, 0x8000)\n early_iounmap(a, 0x8000)';
/** Events of a full batch; the script makes some of those. */
const BATCH = 4096;

beforeAll(async () => {
  writeFileSync(script, `profile linux-6.1\nboot\nrepeat i in 0..300 {\n ${body}\n}\nexpect slots_in_use == 0\n`);
  const { code, err } = await kwind(['record', script, '-o', whole, '--set', 'nr_cpus=16']);
  if (code !== 0) throw new Error(err);
});

function digestOf(path: string): string {
  const reader = openTrace(path);
  reader.close();
  return reader.digest;
}
const noLeftovers = (): string[] => readdirSync(folder).filter((name) => /resuming|-wal|-shm|-journal/.test(name));

describe('kwind record --resume', () => {
  it.each([0, BATCH, 3 * BATCH])('goes on with a trace that ends after %d events', async (events) => {
    const path = at(`stopped-${events}.kwind`);
    const found = writeUnfinished(whole, path, events);
    expect(found).toBe(events);
    const ran = await kwind(['record', script, '--resume', path]);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.err).toContain(`had ${events.toLocaleString('en-US')} events, which are the same`);
    expect(digestOf(path)).toBe(digestOf(whole));
    expect(verifyTrace(path)).toMatchObject({ ok: true, finished: true });
    expect(noLeftovers()).toEqual([]);
  });

  it('keeps the header: build and time of the trace count, not those of now', async () => {
    const path = at('header.kwind');
    writeUnfinished(whole, path, BATCH);
    await kwind(['record', script, '--resume', path]);
    const [one, other] = [openTrace(path), openTrace(whole)];
    expect(one.header).toEqual(other.header);
    expect(one.header.options).toEqual(['nr_cpus=16']);
    [one, other].forEach((reader) => reader.close());
  });

  it('compares event by event where batches were cut elsewhere', async () => {
    const path = at('flushed.kwind');
    const reader = openTrace(whole);
    const writer = createTrace(path, reader.header);
    const builder = new BatchBuilder();
    for (const event of reader.batchContaining(0)) if (builder.length < 100) builder.append(event);
    writer.append(builder.freeze());
    reader.close();
    writer.abort();
    expect(await kwind(['record', script, '--resume', path])).toMatchObject({
      code: 0,
      err: expect.stringContaining('had 100 events'),
    });
    expect(digestOf(path)).toBe(digestOf(whole));
  });

  it('refuses a script that makes something else, names the place, and leaves the trace alone', async () => {
    const path = at('other.kwind');
    writeUnfinished(whole, path, 2 * BATCH);
    const before = readFileSync(path);
    const altered = readFileSync(script, 'utf8').replace('0xf0000', '0xf1000');
    copyFileSync(script, at('kept'));
    writeFileSync(script, altered);
    const ran = await kwind(['record', script, '--resume', path]);
    copyFileSync(at('kept'), script);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/another boot than that of .*other\.kwind, from #\d+ on/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(noLeftovers()).toEqual([]);
  });

  it('refuses a script that ends before the trace does', async () => {
    const path = at('longer.kwind');
    writeUnfinished(whole, path, 3 * BATCH);
    copyFileSync(script, at('kept'));
    writeFileSync(script, readFileSync(script, 'utf8').replace(/repeat[\s\S]*/, ''));
    const ran = await kwind(['record', script, '--resume', path]);
    copyFileSync(at('kept'), script);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('is another boot than that of');
    expect(verifyTrace(path)).toMatchObject({ ok: true, events: 3 * BATCH });
  });

  it('says what to do instead where it cannot go on', async () => {
    expect(await kwind(['record', script, '--resume', whole])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is finished'),
    });
    expect(await kwind(['record', '--boot', '--resume', writeOf('named.kwind')])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/was recorded from many\.kws, not from boot\.\n {2}kwind record many\.kws --resume/),
    });
    const log = at('log.kwind');
    const reader = openTrace(whole);
    createTrace(log, { ...reader.header, source: { kind: 'log', name: 'boot.log' } }).abort();
    reader.close();
    expect((await kwind(['record', script, '--resume', log])).err).toMatch(
      /Start again: kwind import boot\.log -o .* --force/,
    );
    expect(await kwind(['record', script, '--resume', at('none.kwind')])).toMatchObject({ code: 2 });
    expect(existsSync(at('none.kwind'))).toBe(false);
  });

  const writeOf = (name: string): string => {
    writeUnfinished(whole, at(name), BATCH);
    return at(name);
  };

  it('takes neither an output nor a build of its own', async () => {
    for (const more of [['-o', at('x.kwind')], ['--profile', 'linux-4.4'], ['--set', 'nr_cpus=2'], ['--force']])
      expect((await kwind(['record', script, '--resume', whole, ...more])).code).toBe(2);
    expect((await kwind(['record', script])).code).toBe(2);
  });

  it('names the recorder of a trace that is still being recorded', async () => {
    const path = at('busy.kwind');
    const reader = openTrace(whole);
    const writer = createTrace(path, reader.header);
    reader.close();
    const ran = await kwind(['record', script, '--resume', path]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(`is being recorded by process ${process.pid} on `);
    writer.abort();
  });

  it('goes on with a plain boot too', async () => {
    const [full, path] = [at('boot.kwind'), at('boot-stopped.kwind')];
    await kwind(['record', '--boot', '-o', full]);
    writeUnfinished(full, path, 0);
    expect((await kwind(['record', '--boot', '--resume', path])).code).toBe(0);
    expect(digestOf(path)).toBe(digestOf(full));
  });
});
