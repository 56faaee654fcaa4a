import { PassThrough, Writable } from 'node:stream';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { commandHelp, commandWords, infoTopics } from '@kwind/debugger';
import { catalog } from '@kwind/events';
import type { Io } from '@kwind/cli';
import { openSession } from '../../packages/cli/src/open-session.ts';
import { complete } from '../../packages/cli/src/repl/complete.ts';
import { Shell } from '../../packages/cli/src/repl/shell.ts';
import { profile } from '@kwind/x86';
import { scratch } from './kwind.ts';
import { writeTrace } from './sample-trace.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
writeTrace(trace);

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
const [stdout, stderr] = [new Text(), new Text()];
const io: Io = { stdout, stderr, stdin: new PassThrough(), env: {}, cwd: folder, now: () => 0 };
const opened = openSession(io, trace, { at: 'start' });
afterAll(() => opened.reader.close());

const examples = commandHelp.flatMap((help) => help.examples).filter((line) => !/^(?:quit|branch save)/.test(line));
/** What people type, and what looks like it. */
const word = fc.oneof(
  fc.constantFrom(...commandWords.filter((one) => !['quit', 'q', 'exit'].includes(one))),
  fc.constantFrom(...infoTopics, ...catalog.map(({ type }) => type)),
  fc.constantFrom(
    'start',
    'end',
    '.+5',
    '.-5',
    '-1',
    '37.5%',
    '@x',
    '@',
    '#3',
    '..',
    '3..',
    'phase:',
    't=+1ms',
    '--all',
  ),
  fc.constantFrom(
    'slot',
    'pte',
    'fix',
    'tlb',
    'iomem',
    'cr3',
    'if',
    'slots[0].in_use',
    'FIX_APIC_BASE',
    'bm_pte',
    '-m',
    '-r',
  ),
  fc.constantFrom(
    '0xffffffffff200000',
    '0x',
    '0xffffffffffffffffffff',
    '99999999999999999999',
    '0xff00ff0000000000',
    '==',
    '(',
    ')',
    ']',
    '"',
  ),
  fc.constantFrom(
    'source',
    'commands',
    'display',
    'walk(0)',
    'phys_of(',
    '1/0',
    '__proto__',
    'constructor',
    'toString',
  ),
  fc.bigInt({ min: -(1n << 65n), max: 1n << 65n }).map((value) => `${value}`),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
);
const line = fc.oneof(
  fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
  fc.tuple(fc.constantFrom(...examples), word).map(([example, more]) => `${example} ${more}`),
  fc.tuple(fc.constantFrom(...examples), fc.nat(40)).map(([example, length]) => example.slice(0, length)),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\r\n]/g, '')),
);
/** `q` alone begins nothing else, and leaves. */
const leaves = (text: string): boolean => /^\s*(?:q|qu|qui|quit|ex|exi|exit)\b/.test(text);
const saves = (text: string): boolean => /^\s*br?a?n?c?h?\s+save/.test(text);

describe('junk', () => {
  it('gets an answer or a clear refusal, and never an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), fc.boolean(), async (lines, json) => {
        const shell = new Shell(io, opened, { json, echo: false });
        for (const text of lines.filter((one) => !leaves(one) && !saves(one))) {
          stdout.text = '';
          stderr.text = '';
          await shell.typed(text);
          const told = stdout.text + stderr.text;
          expect(told).not.toMatch(/internal error|undefined|\[object Object\]|NaN/);
          // oxlint-disable-next-line no-control-regex
          expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
          if (json)
            for (const one of stdout.text.split('\n').filter(Boolean)) expect(JSON.parse(one)).toHaveProperty('type');
        }
        const { position, total } = opened.session.place;
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position).toBeLessThanOrEqual(total);
        expect([0, 2]).toContain(shell.failure);
      }),
      { numRuns: 300 },
    );
  });

  it('is completed with what begins as it does, or with nothing', () => {
    const context = { session: opened.session, profile: profile('linux-6.1'), addresses: () => ['0xffffffffff200000'] };
    fc.assert(
      fc.property(line, (text) => {
        const [found, word] = complete(text, context);
        expect(text.endsWith(word)).toBe(true);
        for (const one of found) expect(one.startsWith(word)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
