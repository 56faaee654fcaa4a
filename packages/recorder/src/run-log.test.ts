import { describe, expect, it } from 'vitest';
import { profile } from '@kwind/x86';
import type { CallRecord, Claim } from '@kwind/events';
import { boot } from '@kwind/kernel';
import { Recorder, runLog, type LogRun } from './index.ts';

const map = (phys: bigint, size: bigint, ...claims: Claim[]): CallRecord => ({
  fn: '__early_ioremap',
  args: [phys, size],
  caller: 'dmi_setup+0xfa',
  stack: ['setup_arch+0x5f7'],
  origin: 'boot.log:7',
  claims,
});
const claim = (what: Claim['what'], value: bigint | string): Claim => ({ what, value, origin: 'boot.log:7' });

function run(...records: CallRecord[]): LogRun & { recorder: Recorder } {
  const recorder = new Recorder(profile('linux-6.1', ['no_hash_pointers=1']));
  boot(recorder.machine);
  return { ...runLog(recorder.machine, records), recorder };
}

describe('calls from a log', () => {
  it('agree when slot, address and the printed line are those of the model', () => {
    const line = '__early_ioremap(0x0000000000100000, 00010000) [0] => 00000000 + ffffffffff200000';
    const { agreement, disagreements } = run(
      map(
        0xf0000n,
        0x10000n,
        claim('slot', 0n),
        claim('vaddr', 0xffff_ffff_ff20_0000n),
        claim('pages', 16n),
        claim('line', line),
      ),
      { ...map(0n, 0n), fn: 'early_iounmap', args: [0xffff_ffff_ff20_0000n, 0x10000n], claims: [claim('slot', 0n)] },
    );
    expect(disagreements).toEqual([]);
    expect(agreement).toEqual([
      { fn: '__early_ioremap', agreed: 1, total: 1 },
      { fn: 'early_iounmap', agreed: 1, total: 1 },
    ]);
  });

  it('disagree with both values and the place in the log', () => {
    const { agreement, disagreements } = run(map(0xf5a10n, 0x20n, claim('slot', 3n), claim('offset', 0xa10n)));
    expect(disagreements).toEqual([
      { origin: 'boot.log:7', fn: '__early_ioremap', what: 'slot', said: '0x3', modelled: '0x0' },
    ]);
    expect(agreement).toEqual([{ fn: '__early_ioremap', agreed: 0, total: 1 }]);
  });

  it('carry their caller and their line into the trace', () => {
    const { recorder } = run(map(0xf5a10n, 0x20n, claim('slot', 0n)));
    const claimedBy = recorder.machine.view.control.slots[0]!.claimedBy;
    expect(claimedBy).toBeGreaterThan(0);
    const recorder2 = new Recorder(profile('linux-6.1'));
    boot(recorder2.machine);
    const seen: unknown[] = [];
    recorder2
      .events$('call.entered')
      .subscribe(
        (e) => e.type === 'call.entered' && e.fn === '__early_ioremap' && seen.push([e.caller, e.stack, e.origin]),
      );
    runLog(recorder2.machine, [map(0xf5a10n, 0x20n)]);
    recorder2.finish();
    expect(seen).toEqual([['dmi_setup+0xfa', 'setup_arch+0x5f7', 'boot.log:7']]);
  });

  it('are refused when they name a function that is not modelled', () => {
    expect(() => run({ ...map(0n, 1n), fn: 'no_such_function' })).toThrow(
      expect.objectContaining({ code: 'script/name' }),
    );
  });
});
