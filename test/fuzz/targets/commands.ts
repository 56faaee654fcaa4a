import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Io } from '@kwind/cli';
import { commandHelp, commandWords, infoTopics } from '@kwind/debugger';
import { catalog } from '@kwind/events';
import { openSession } from '../../../packages/cli/src/open-session.ts';
import { Shell } from '../../../packages/cli/src/repl/shell.ts';
import { Finding, type Subject, type Target } from '../fuzzer.ts';
import { edgeNumbers, hostile, mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { expectSafe, runCli, Text } from '../run-cli.ts';
import { writeBase } from './trace-base.ts';

const INTERNAL = 70;
/** A command of a whole process costs a hundred times as much as a line in one. */
const WHOLE = 60;
/** What ends the session, and what writes a file under a name of chance's choosing. */
const leftOut = /^\s*(?:q|qu|qui|quit|ex|exi|exit)\b|^\s*br?a?n?c?h?\s+save/;

const examples = commandHelp.flatMap((help) => help.examples);
const written = 'slot pte iomem if -m --all .. @x .+5 ( ] " slots[0].in_use 0xffffffffff200000'.split(' ');
const vocabulary: readonly string[] = [
  ...commandWords,
  ...infoTopics,
  ...catalog.map(({ type }) => type),
  ...edgeNumbers,
  ...hostile,
  ...written,
];

function lineOf(random: Random): string {
  const words = (): string => Array.from({ length: random.below(6) }, () => random.pick(vocabulary)).join(' ');
  const line = random.oneIn(4) ? words() : mutateText(random.pick(examples), random, 3);
  return (random.oneIn(4) ? `${line} ${words()}` : line).replace(/[\r\n]/g, ' ');
}

const linesOf = (random: Random): readonly string[] =>
  Array.from({ length: random.between(1, 8) }, () => lineOf(random)).filter((line) => !leftOut.test(line));

export const commandTarget: Target = {
  name: 'commands',
  about: 'lines and files of commands for the debugger',
  prepare(folder: string): Subject {
    const trace = join(folder, 'commands.kwind');
    writeBase(trace, true, 12);
    const file = join(folder, 'commands.kwindrc');
    return {
      async one(random: Random) {
        const lines = linesOf(random);
        if (random.oneIn(WHOLE)) {
          writeFileSync(file, lines.join('\n'));
          return `file: exit ${await runCli(['debug', trace, '--batch', '-x', file], folder)}`;
        }
        const [stdout, stderr] = [new Text(), new Text()];
        const io: Io = { stdout, stderr, stdin: new PassThrough(), env: {}, cwd: folder, now: () => 0 };
        const opened = openSession(io, trace, { at: random.pick(['start', 'end', '50%']) });
        try {
          const json = random.oneIn(3);
          const shell = new Shell(io, opened, { json, echo: false });
          for (const line of lines) {
            await shell.typed(line);
            const what = `"${line}"`;
            if (!json) expectSafe(stdout.text, what);
            expectSafe(stderr.text, what);
            if (shell.failure === INTERNAL)
              throw new Finding(`${JSON.stringify(lines)}: ${stderr.text.slice(0, 2000)}`);
            stdout.clear();
            stderr.clear();
          }
          return shell.failure === 0 ? 'answered' : 'some refused';
        } finally {
          opened.reader.close();
        }
      },
    };
  },
};
