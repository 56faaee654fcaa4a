import { describe, expect, it } from 'vitest';
import { parseBootLog } from '@kwind/importers';
import { boot } from '@kwind/kernel';
import { LiveMachine, runLog, type LogRun } from '@kwind/recorder';
import { profile } from '@kwind/x86';

function runOf(...lines: readonly string[]): LogRun {
  const log = parseBootLog(lines.map((line, i) => `[    0.00${i}000] ${line}\n`).join(''), { name: 'boot.log' });
  const machine = new LiveMachine(profile('linux-6.1', ['no_hash_pointers=1']), () => {});
  boot(machine);
  return runLog(machine, log.calls.map(({ call }) => call));
}

const mapLine = '__early_ioremap(0x00000000000f6000, 00001000) [0] => 00000a20 + ffffffffff200000';

describe('the log of a boot that leaks a slot', () => {
  const leak = ['Debug warning: early ioremap leak of 1 areas detected.', 'please boot with early_ioremap_debug and report the dmesg.'];

  it('agrees with the model, whose message has two lines where the log has two', () => {
    const { agreement, disagreements } = runOf(mapLine, ...leak);
    expect(disagreements).toEqual([]);
    expect(agreement).toContainEqual({ fn: 'check_early_ioremap_leak', agreed: 1, total: 1 });
  });

  it('agrees where serial noise stands before the message', () => {
    expect(runOf(mapLine, `x#${leak[0]}`).disagreements).toEqual([]);
  });

  it('differs where the number is another', () => {
    expect(runOf(mapLine, leak[0]!.replace('1', '2')).disagreements).toMatchObject([{ said: expect.stringContaining('leak of 2'), modelled: expect.stringContaining('leak of 1') }]);
  });
});
