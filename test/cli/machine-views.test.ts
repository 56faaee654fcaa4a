import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { LiveMachine } from '@kwind/recorder';
import { createTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { kwind, scratch } from './kwind.ts';
import { sampleEvents, sampleHeader } from './sample-trace.ts';

const folder = scratch();
const ports = join(folder, 'ports.kwind');
beforeAll(async () => {
  const script = fileURLToPath(new URL('../../traces/scripts/rtc-cmos.kws', import.meta.url));
  await kwind(['record', script, '-o', ports]);
});

describe('kwind show and export: what a kernel shows of itself', () => {
  it.each(['iomem', 'ioports', 'vmalloc', 'ptdump', 'e820', 'pat'])('%s has a text and a JSON form', async (view) => {
    for (const at of ['start', '90', 'end']) {
      const { code, out } = await kwind(['show', ports, view, '--at', at]);
      expect(code).toBe(0);
      expect(out).not.toBe('');
      expect((await kwind(['show', ports, view, '--at', at, '--json'])).json()).toMatchObject({ type: view });
    }
  });

  it('ioports: byte for byte, at any position, and with zeros for an ordinary user', async () => {
    const { out } = await kwind(['show', ports, 'ioports', '--at', '90']);
    expect(out).toContain('0000-0cf7 : PCI Bus 0000:00\n  0000-001f : dma1\n');
    expect((await kwind(['export', ports, '--to', 'ioports', '--at', '90'])).out).toBe(out);
    const hidden = (await kwind(['show', ports, 'ioports', '--at', '90', '--unprivileged'])).out;
    expect(hidden).toContain('0000-0000 : PCI Bus 0000:00\n  0000-0000 : dma1\n');
    expect((await kwind(['export', ports, '--to', 'ioports', '--at', '90', '--unprivileged'])).out).toBe(hidden);
  });

  it('writes into a file and says what', async () => {
    const file = join(folder, 'ioports.txt');
    const { err } = await kwind(['export', ports, '--to', 'ioports', '-o', file]);
    expect(err).toMatch(/ioports\.txt: \d+ lines at position \d+/);
    expect(readFileSync(file, 'utf8')).toBe((await kwind(['show', ports, 'ioports'])).out);
    expect((await kwind(['export', ports, '--to', 'ptdump', '-o', file])).code).toBe(2);
  });

  it.each([
    [['show', ports, 'slots', '--unprivileged']],
    [['export', ports, '--to', 'ptdump', '--unprivileged']],
    [['export', ports, '--to', 'jsonl', '--at', '3']],
    [['export', ports, '--to', 'iomem', '--at', 'nowhere']],
    [['log', ports, '-f', '--reverse']],
    [['log', ports, '-f', '1..5']],
  ])('%j is refused', async (argv) => {
    const { code, out } = await kwind(argv);
    expect(code).toBe(2);
    expect(out).toBe('');
  });
});

describe('kwind log -f', () => {
  it('lists what a recorder adds, and ends when it is done', async () => {
    const path = join(folder, 'growing.kwind');
    const writer = createTrace(path, sampleHeader, {});
    const machine = new LiveMachine(profile('linux-6.1'), (batch) => writer.append(batch));
    const record = (from: number, to: number): void => {
      for (const event of sampleEvents.slice(from, to)) machine.emit(event);
      machine.flush();
      writer.flush();
    };
    record(0, 8);
    const log = kwind(['log', path, '-f', '5..']);
    await new Promise((resolve) => setTimeout(resolve, 150));
    record(8, sampleEvents.length);
    writer.finish();
    const { code, lines, err } = await log;
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(lines.map((line) => Number(/^#(\d+)/.exec(line)?.[1]))).toEqual(
      Array.from({ length: sampleEvents.length - 5 }, (_, i) => i + 6),
    );
    expect((await kwind(['log', path, '-f', 'end-3..', '-n', '2'])).lines).toHaveLength(2);
  });
});
