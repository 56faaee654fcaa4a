import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../sniff.ts';
import { suggestProfile } from '../suggest-profile.ts';
import { playNaively } from './naive-slots.ts';
import { parseBootLog } from './parse.ts';

const textOf = (name: string): string =>
  gunzipSync(readFileSync(new URL(`../../../../traces/logs/${name}.log.gz`, import.meta.url))).toString('utf8');

describe.each([
  ['q35-kaslr', { maps: 39, unmaps: 39, repeated: 0 }, { pointers: 'hashed', kaslr: { state: 'on' } }],
  ['q35-nokaslr', { maps: 39, unmaps: 39, repeated: 0 }, { pointers: 'raw', kaslr: { state: 'off' } }],
  ['pc-generic-6.1.0-56', { maps: 1633, unmaps: 1633, repeated: 111 }, { pointers: 'hashed', kaslr: { state: 'off' } }],
])('the real log %s', (name, counts, facts) => {
  const text = textOf(name);
  const log = parseBootLog(text, { name });

  it('agrees with the first-free-slot rule in every slot, address and page count', () => {
    expect(playNaively(log.calls)).toEqual({
      nrMaps: counts.maps,
      nrUnmaps: counts.unmaps,
      disagreements: [],
      inUse: [],
    });
  });

  it('needs no assumption and has no loss', () => {
    expect(log.counts).toEqual({ ...counts, refused: 0, assumed: 0, stillMapped: 0 });
    expect(log.notes.filter(({ weight }) => weight !== 'info')).toEqual([]);
  });

  it('names its kernel, and a caller for every call', () => {
    expect(log).toMatchObject({
      ...facts,
      release: expect.stringMatching(/^6\.1\.0-56-(?:cloud-)?amd64$/),
      printOrder: 'end-first',
    });
    expect(suggestProfile(log.kernelVersion)).toEqual({ profile: 'linux-6.1', series: '6.1', exact: true });
    expect(log.calls.filter(({ call }) => call.caller === '')).toEqual([]);
    expect(log.calls[0]?.call).toMatchObject({ args: [0xf0000n, 0x10000n], caller: 'dmi_setup+0xfa/0x26f' });
  });

  it('is known as a boot log by its beginning', () => {
    expect(detectFormat(text.slice(0, 4096))).toBe('boot-log');
  });
});

describe.each(['q35-nokaslr', 'q35-kaslr'])('the real log %s in which one thing is changed', (name) => {
  const lines = textOf(name).split('\n');
  const debugLines = lines.flatMap((line, at) => (/early_io(?:remap|unmap)\(/.test(line) ? [at] : []));
  const faults: readonly (readonly [string, (line: string) => string])[] = [
    ['slot number', (line) => line.replace(/\[(\d)\](?= |$)/, (_, slot: string) => `[${Number(slot) ^ 1}]`)],
    ['slot number of a map', (line) => line.replace(/\[(\d)\](?= )/, (_, slot: string) => `[${Number(slot) + 2}]`)],
    ['address', (line) => line.replace('ffffffffff2', 'ffffffffff3')],
  ];

  it.each(faults)('(%s) is contradicted at that line only, whichever it is', (_, change) => {
    for (const at of debugLines) {
      const changed = change(lines[at]!);
      if (changed === lines[at]) continue;
      const { calls, notes } = parseBootLog(lines.with(at, changed), { name: 'log' });
      const named = [
        ...playNaively(calls).disagreements,
        ...notes.filter(({ weight }) => weight === 'contradiction').map(({ line }) => `log:${line} `),
      ];
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((text) => !text.startsWith(`log:${at + 1} `))).toEqual([]);
    }
  });
});
