import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { resourceList } from '@kwind/state';
import { parseScript, runScript, scriptProfile } from '../boot/script/index.ts';
import { kernelFunctions } from '../functions.ts';

const folder = new URL('../../../../traces/scripts/', import.meta.url);

function runFile(name: string) {
  const script = parseScript(readFileSync(new URL(`${name}.kws`, folder), 'utf8'), `${name}.kws`);
  return given(profile(scriptProfile(script).name)).when((k) => runScript(k, script, kernelFunctions));
}

describe('the driver scripts', () => {
  it.each(['pc-ports', 'rtc-legacy', 'rtc-cmos', 'ahci'])('%s holds all that it expects', (name) => {
    const { result } = runFile(name);
    expect(result.expectations.filter((one) => !one.ok)).toEqual([]);
    expect(result.ok).toBe(true);
    expect(result.expectations.length).toBeGreaterThan(4);
  });

  it('lists the ports that the book lists, in its order', () => {
    const lines = resourceList(runFile('pc-ports').state, 'ioport').map(
      ({ start, end, name, depth }) =>
        `${'  '.repeat(depth)}${start.toString(16).padStart(4, '0')}-${end.toString(16).padStart(4, '0')} : ${name}`,
    );
    expect(lines.join('\n')).toBe(`\
0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0020-0021 : pic1
  0040-0043 : timer0
  0050-0053 : timer1
  0060-0060 : keyboard
  0064-0064 : keyboard
  0070-0077 : rtc0
  0080-008f : dma page reg
  00a0-00a1 : pic2
  00c0-00df : dma2
  00f0-00ff : fpu
    00f0-00f0 : PNP0C04:00
  03c0-03df : vesafb
  03f8-03ff : serial
  04d0-04d1 : pnp 00:06
  0800-087f : pnp 00:01
  0a00-0a0f : pnp 00:04
  0a20-0a2f : pnp 00:04
  0a30-0a3f : pnp 00:04
0cf8-0cff : PCI conf1
0d00-ffff : PCI Bus 0000:00`);
  });

  it('say what the kernel says: a driver without its ports, and a region that nobody holds', () => {
    runFile('rtc-legacy').thenAmongFacts('message.printed ERR rtc: I/O resource 70 is not free.');
    runFile('rtc-cmos').thenAmongFacts(
      'message.printed WARNING resource: Trying to free nonexistent resource <0x0000000000000070-0x0000000000000077>',
    );
    runFile('ahci').thenAmongFacts(
      'message.printed WARNING Trying to free nonexistent resource <00000000f7c10000-00000000f7c100ff>',
    );
  });
});
