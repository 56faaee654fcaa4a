import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkScript, kernelFunctions, parseScript, printScript, runScript, scriptProfile } from '@kwind/kernel';
import type { BootEvent } from '@kwind/events';
import { LiveMachine } from '@kwind/recorder';
import { profile } from '@kwind/x86';
import { codeOf, Finding, type Subject, type Target } from '../fuzzer.ts';
import { mutateLines, mutateText } from '../mutate.ts';
import { traces } from '../places.ts';
import type { Random } from '../random.ts';

/** A script may ask for more than anybody waits for; what is looked for here is one that hangs without doing anything. */
const MOST_EVENTS = 50_000;
class Enough extends Error {}

/** A machine that stops a script which records on and on. */
class BoundedMachine extends LiveMachine {
  override emit(event: BootEvent): number {
    if (this.position > MOST_EVENTS) throw new Enough();
    return super.emit(event);
  }
  override emitEntry(...store: Parameters<LiveMachine['emitEntry']>): number {
    if (this.position > MOST_EVENTS) throw new Enough();
    return super.emitEntry(...store);
  }
}

/** Rounds without an event count as work too: `repeat` is kept to what a second can do. */
const tamed = (text: string): string =>
  text.replace(/\brepeat\b[^\n{]*/g, (head) => head.replace(/\d{5,}|0x\w{4,}/g, '40'));

function runOnce(text: string): string {
  const script = parseScript(text, 'fuzz.kws');
  const printed = printScript(script);
  if (printScript(parseScript(printed, 'fuzz.kws')) !== printed)
    throw new Finding(`printing is not stable: ${JSON.stringify(text)}`);
  const { name, options } = scriptProfile(script);
  const build = profile(name, options);
  checkScript(script, build, kernelFunctions);
  runScript(new BoundedMachine(build, () => {}), script, kernelFunctions);
  return 'ran';
}

export const scriptTarget: Target = {
  name: 'script',
  about: 'boot scripts: parsed, printed and parsed again, checked, run',
  prepare(): Subject {
    const folder = join(traces, 'scripts');
    const texts = readdirSync(folder)
      .filter((name) => name.endsWith('.kws'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    return {
      one(random: Random) {
        let text = random.pick(texts);
        if (random.oneIn(3)) {
          const lines = text.split('\n');
          lines.splice(random.below(lines.length), 0, random.pick(random.pick(texts).split('\n')));
          text = lines.join('\n');
        }
        text = tamed(random.oneIn(2) ? mutateLines(text, random) : mutateText(text, random));
        try {
          return runOnce(text);
        } catch (error) {
          if (error instanceof Enough) return 'ran on and on';
          return codeOf(error);
        }
      },
    };
  },
};
