import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTrace } from '@kwind/trace';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);

const once = '  a = early_ioremap(0xfed40000, 0x1000)\n  early_iounmap(a, 0x1000)\n';
const twice = `b = early_ioremap(0xf0000, 0x1000)\n${once}early_iounmap(b, 0x1000)\n`;
const many = `repeat i in 0..20000 {\n${once}}\n`;

describe('kwind bisect --all-flips over a million positions', () => {
  it('finds every turn, in seconds', async () => {
    writeFileSync(at('long.kws'), `profile linux-6.1\nboot\n${many}${twice}${many}${twice}${many}`);
    expect((await kwind(['record', at('long.kws'), '-o', at('long.kwind')])).code).toBe(0);
    const reader = openTrace(at('long.kwind'));
    expect(reader.length).toBeGreaterThan(1e6);
    reader.close();
    const overlaps =
      'SELECT b.claimed + 1 AS bad, b.released + 1 AS good FROM slots a JOIN slots b ON b.claimed > a.claimed AND b.claimed < a.released ORDER BY 1';
    const rows = (await kwind(['sql', at('long.kwind'), overlaps, '--csv'])).lines
      .slice(1)
      .flatMap((line) => line.split(','));
    expect(rows).toHaveLength(4);
    const cpu = process.cpuUsage();
    const ran = await kwind(['bisect', at('long.kwind'), '--expr', 'slots_in_use < 2', '--all-flips', '--json']);
    const { user, system } = process.cpuUsage(cpu);
    const { flips } = ran.json() as { flips: { position: number; now: string }[] };
    expect(flips.map(({ position }) => String(position))).toEqual(rows);
    expect(flips.map(({ now }) => now)).toEqual(['bad', 'good', 'bad', 'good']);
    expect((user + system) / 1e6).toBeLessThan(30);
  });
});
