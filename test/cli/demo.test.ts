import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kwind } from './kwind.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('kwind demo', () => {
  it('imports the real boot log, walks back through it and names the command to go on', async () => {
    const { code, out, err, lines } = await kwind(['demo'], { cwd: root });
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).toContain('kernel: 6.1.0-56-cloud-amd64');
    expect(out).toContain('39/39 maps and 39/39 unmaps agree');
    expect(out).toContain('peak: 2 of 8 early_ioremap slots in use');
    expect(out).toContain('still mapped at the end: nothing');
    const stops = [...out.matchAll(/^\[ (\d+)\/1356 \] {2}slot\./gm)].map((match) => Number(match[1]));
    expect(stops).toHaveLength(4);
    expect(stops).toEqual(stops.toSorted((a, b) => b - a));
    expect(out.match(/slots in use \d -> \d/g)).toHaveLength(4);
    const last = lines.at(-1)!.trim();
    expect(last).toBe('npx kwind debug node_modules/.cache/kwind/demo.kwind --at end');
    expect((await kwind([...last.split(' ').slice(2), '-batch', '-ex', 'when'], { cwd: root })).out).toContain(
      '100.0%',
    );
  });
});
