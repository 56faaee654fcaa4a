// Writes the small trace of the present schema into traces/compat/: node test/compat/generate.ts. Files of older schemas stay
// as they are for good; the present one may be written anew until its schema is released.
import { mkdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { EVENT_SCHEMA, type TraceHeader } from '@kwind/events';
import {
  boot,
  e820RangeAdd,
  earlyIoremap,
  earlyIounmap,
  earlyMemremap,
  invlpg,
  load,
  requestRegion,
  setFixmap,
  type KernelContext,
} from '@kwind/kernel';
import { recordInto, Recorder } from '@kwind/recorder';
import { stateHash } from '@kwind/state';
import { createTrace, FILE_SCHEMA, openTrace } from '@kwind/trace';
import { physAddr, profile } from '@kwind/x86';
import { eager } from '../fuzz/targets/trace-base.ts';
import { folder, type Known } from './known.ts';

/** Events of most kinds in little room: a boot, mappings, two warnings, the TLB, resources, the memory map. */
function* acts(k: KernelContext): Generator<void> {
  yield boot(k);
  k.emit({ type: 'phase.entered', name: 'old traces' });
  const kept = earlyIoremap(k, 0xf0000n, 0x3000n)!;
  load(k, kept);
  yield earlyIounmap(k, kept, 0x1000n);
  for (let i = 0n; i < 40n; i++) {
    const address = earlyMemremap(k, 0x10_0000n + i * 0x1000n, 0x2000n)!;
    load(k, address);
    yield earlyIounmap(k, address, 0x2000n);
  }
  requestRegion(k, 0x70n, 8n, 'rtc');
  requestRegion(k, 0x72n, 2n, 'rtc1');
  yield e820RangeAdd(k, 0n, 0x9_fc00n, 1);
  setFixmap(k, k.profile.fixmap.endOfPermanent - 1, physAddr(0xfee0_0000n));
  yield invlpg(k, kept);
}

const header: TraceHeader = {
  eventSchema: EVENT_SCHEMA,
  profile: 'linux-6.1',
  options: ['nr_cpus=4'],
  source: { kind: 'script', name: 'compat.kws' },
  kernelVersion: '6.1.0-56-cloud-amd64',
  created: '2026-11-22T12:00:00.000Z',
  recordedBy: '0.1.0',
  notes: ['kept so that later versions prove that they read it'],
};
const EVENTS_A_BATCH = 120;

const name = `schema-${FILE_SCHEMA}`;
const path = join(folder, `${name}.kwind`);
// The file tells who recorded it, which is to be the same on every machine.
os.hostname = () => 'kwind';
Object.defineProperty(process, 'pid', { value: 1 });
syncBuiltinESMExports();
mkdirSync(folder, { recursive: true });
const writer = createTrace(path, header, { force: true });
const recorder = new Recorder(profile(header.profile, header.options));
recordInto(recorder, eager(writer));
let flushed = 0;
const { machine } = recorder;
for (const act of acts(machine)) {
  void act;
  if (machine.position - flushed < EVENTS_A_BATCH) continue;
  recorder.flush();
  flushed = machine.position;
}
const end = recorder.finish();
writer.finish();

const reader = openTrace(path);
const known: Known = { events: reader.length, digest: reader.digest, state: stateHash(end), header };
reader.close();
writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(known, undefined, 2)}\n`);
console.log(`${name}.kwind: ${known.events} events`);
