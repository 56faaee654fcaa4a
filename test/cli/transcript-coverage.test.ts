import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandHelp, infoTopics, parseCommand, type Command, type CommandHelp } from '@kwind/debugger';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test', 'transcripts');

interface Step {
  readonly line: string;
  /** What the terminal showed behind it. */
  readonly shown: string;
}
interface Transcript {
  readonly name: string;
  readonly head: string;
  readonly steps: readonly Step[];
}

const transcripts: readonly Transcript[] = readdirSync(folder).map((name) => {
  const [head = '', ...blocks] = readFileSync(join(folder, name), 'utf8').split(/^> /m);
  const steps = blocks.map((block) => {
    const end = block.indexOf('\n');
    return { line: block.slice(0, end), shown: block.slice(end + 1) };
  });
  return { name, head: head.trim(), steps };
});
const allSteps = transcripts.flatMap(({ steps }) => steps);

/** The command that a line means, by its first word, and what it was read as; undefined for one that was refused. */
function read(line: string): { readonly help: CommandHelp; readonly command: Command } | undefined {
  const word = line.split(/[\s/]/, 1)[0]!;
  const named = commandHelp.filter(({ name, aliases }) => name === word || aliases.includes(word));
  const begun = commandHelp.filter(({ name, aliases }) => [name, ...aliases].some((known) => known.startsWith(word)));
  const help = named[0] ?? (begun.length === 1 ? begun[0] : undefined);
  try {
    return help && { help, command: parseCommand(line.replace(/ --all$/, '')) };
  } catch {
    return undefined;
  }
}

const isRefused = ({ shown }: Step): boolean => shown.startsWith('kwind: ');
/** Commands that were answered. */
const answered = new Set(allSteps.filter((step) => !isRefused(step)).map(({ line }) => read(line)?.help.name));

const isBackward = (line: string): boolean => {
  const command = read(line)?.command;
  if (command === undefined) return false;
  return command.do === 'last' || ('direction' in command && command.direction === 'backward');
};
const positionIn = ({ shown }: Step): number | undefined => {
  const found = [...shown.matchAll(/^\[ (\d+)\/\d+ \]/gm)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Which way each kind of stop was hit: `break forward`. */
const hits = new Set(
  transcripts.flatMap(({ steps }) => {
    const kinds = new Map<string, string>();
    return steps.flatMap(({ line, shown }) => {
      for (const [, kind, number] of shown.matchAll(/^(t?[a-z]+) (\d+) on: /gm)) kinds.set(number!, kind!);
      const numbers = [...shown.matchAll(/^(?:Temporary b|B)reakpoint (\d+),/gm)].map((match) => match[1]!);
      return numbers.map((number) => `${kinds.get(number)} ${isBackward(line) ? 'backward' : 'forward'}`);
    });
  }),
);

/** Scripts with a planted bug: those that traces/README.md lists as bugs, and those for the rules. */
function bugScripts(): readonly string[] {
  const scripts = join(root, 'traces', 'scripts');
  const listed = /Bugs of[\s\S]*?\n\n/.exec(readFileSync(join(root, 'traces', 'README.md'), 'utf8'))?.[0] ?? '';
  const planted = [...listed.matchAll(/`([a-z-]+)`/g)].map((match) => `traces/scripts/${match[1]}.kws`);
  const rules = readdirSync(join(scripts, 'rules')).map((name) => `traces/scripts/rules/${name}`);
  return [...planted, ...rules.filter((name) => name.endsWith('.kws'))];
}

describe('the transcripts', () => {
  it.each(commandHelp.map(({ name }) => name))('show %s answered', (name) => {
    // quit ends a transcript, and a trace that nobody records has nothing to refresh.
    expect(answered).toContain(name);
  });

  it.each(infoTopics)('show info %s', (topic) => {
    const asked = allSteps.filter((step) => !isRefused(step)).map(({ line }) => read(line)?.command);
    expect(asked.some((command) => command?.do === 'info' && command.topic === topic)).toBe(true);
  });

  it.each(['break', 'tbreak', 'watch', 'rwatch', 'awatch', 'catch'])('show a stop of %s both ways', (kind) => {
    expect(hits).toContain(`${kind} forward`);
    expect(hits).toContain(`${kind} backward`);
  });

  it.each(['until', 'search'])('show %s both ways', (name) => {
    const ways = allSteps.filter((step) => !isRefused(step) && read(step.line)?.help.name === name);
    expect(new Set(ways.map(({ line }) => isBackward(line)))).toEqual(new Set([true, false]));
  });
});

describe('the bug of a script', () => {
  it.each(bugScripts())('is found backward from its symptom: %s', (script) => {
    const own = transcripts.filter(({ head }) => head === `# record ${script}`);
    expect(own.map(({ name }) => name)).not.toEqual([]);
    const moves = own.map(({ steps }) => {
      let at = 0;
      return steps.flatMap((step) => {
        const position = positionIn(step);
        if (position === undefined) return [];
        const isBack = isBackward(step.line) && position < at;
        at = position;
        return isBack ? [step.line] : [];
      });
    });
    expect(moves.some((back) => back.length > 0)).toBe(true);
  });

  it('stands in a file of its name, so that it is found', () => {
    const names = transcripts.map(({ name }) => name);
    for (const script of bugScripts()) {
      const name = basename(script, '.kws');
      expect(names.some((one) => one === `${name}.txt` || one === `rule-${name}.txt`)).toBe(true);
    }
  });
});
