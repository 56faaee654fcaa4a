import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseNdjson } from '@kwind/exporters';
import { captureFacts, parseCapture, parseProcResources, parsePtdump, parseVmallocinfo } from '@kwind/importers';
import { refusal, type Subject, type Target } from '../fuzzer.ts';
import { mutateLines, mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { runCli } from '../run-cli.ts';
import { traces } from '../places.ts';

const captures = ['q35-6.1.0-56', 'pc-smp2-6.1.0-56', 'q35-uefi-6.1.0-56'];
const FIRST = 4000;
const WHOLE = 25;

function linesOf(name: string): readonly string[] {
  const bytes = readFileSync(join(traces, 'captures', name, 'events.jsonl.gz'));
  return gunzipSync(bytes).toString('utf8').split('\n').slice(0, FIRST);
}

/** A few hundred records, from the start as a rule, so that calls and their ends stand together. */
function someOf(lines: readonly string[], random: Random): string {
  const start = random.oneIn(4) ? random.below(lines.length) : 0;
  return lines.slice(start, start + random.between(1, random.oneIn(10) ? FIRST : 300)).join('\n');
}

const besides = (name: string): string => readFileSync(join(traces, 'captures', captures[0]!, name), 'utf8');

/** Texts of a running kernel that are compared with. */
const texts = [
  { text: besides('iomem.txt'), parse: (text: string) => void parseProcResources(text) },
  { text: besides('ioports.txt'), parse: (text: string) => void parseProcResources(text) },
  {
    text: '0xffffc90000000000-0xffffc90000002000    8192 hpet_enable+0x39/0x2a0 phys=0x00000000fed00000 ioremap\n',
    parse: (text: string) => void parseVmallocinfo(text),
  },
  {
    text: '---[ Kernel Image ]---\n0xffffffff81000000-0xffffffff82000000          16M     ro         PSE     GLB x  pmd\n',
    parse: (text: string) => void parsePtdump(text),
  },
];

const eventLines = [
  '{"type":"trace","eventSchema":1,"profile":"linux-6.1","options":[],"source":{"kind":"script","name":"a.kws"},"kernelVersion":"","created":"2026-11-22T12:00:00.000Z","recordedBy":"0.1.0","notes":[]}',
  '{"seq":0,"type":"table.allocated","table":"0x100000","level":"pgd","name":"init_top_pgt","cause":null,"depth":0}',
  '{"seq":1,"type":"pgd.populated","table":"0x100000","index":511,"before":"0x0","after":"0x101063","cause":null,"depth":0}',
  '{"seq":2,"type":"phase.entered","name":"setup_arch","cause":null,"depth":0}',
].join('\n');

export const captureTarget: Target = {
  name: 'capture',
  about: 'captures, exported events and /proc texts: parsed, imported, compared with the model',
  prepare(folder: string): Subject {
    const bases = captures.map(linesOf);
    const meta = besides('meta.json');
    return {
      async one(random: Random) {
        if (random.oneIn(10)) {
          const { text, parse } = random.pick(texts);
          return refusal(() => parse(mutateLines(text, random))) || 'text parsed';
        }
        if (random.oneIn(10)) {
          const text = mutateLines(eventLines, random, 3);
          const code = refusal(() => void [...parseNdjson(text, 'fuzz.jsonl').events]);
          if (!random.oneIn(5)) return code || 'events parsed';
          return `events: exit ${await runCli(['import', '-', '-o', 'events.kwind', '--force'], folder, text)}`;
        }
        const text = mutateLines(someOf(random.pick(bases), random), random);
        if (random.oneIn(WHOLE)) {
          writeFileSync(join(folder, 'meta-fuzz.json'), random.oneIn(2) ? meta : mutateText(meta, random));
          const verb = random.oneIn(2) ? ['conform', '-'] : ['import', '-', '-o', 'capture.kwind', '--force'];
          return `${verb[0]}: exit ${await runCli([...verb, '--meta', 'meta-fuzz.json'], folder, text)}`;
        }
        const code = refusal(() => {
          for (const fact of captureFacts(parseCapture(text, { name: 'fuzz.jsonl' }))) void fact;
        });
        return code || 'capture parsed';
      },
    };
  },
};
