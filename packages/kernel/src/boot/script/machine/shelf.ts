import { didYouMean } from '@kwind/x86';
import { bareMachine, type Machine } from '../../machine.ts';
import type { Word } from '../ast.ts';
import { Cursor } from '../tokenize.ts';
import type { Argument, MachineLine } from './args.ts';
import { describe } from './lines.ts';
import { readyMade } from './ready-made.ts';

const bareWord = /[^\s;{}"'=]+/y;

function argument(cursor: Cursor): Argument {
  const { place } = cursor;
  const text = cursor.quoted();
  if (text !== undefined) return { text, quoted: true, place };
  return { text: cursor.piece(bareWord, 'a number or a name').text, quoted: false, place };
}

/** The lines up to the closing brace, or to the end of the text. */
export function readLines(cursor: Cursor): readonly MachineLine[] {
  const lines: MachineLine[] = [];
  while (cursor.next() && !cursor.looksAt('}')) {
    const word = cursor.word('a line of the description');
    const args: Argument[] = [];
    while (!cursor.ended) args.push(argument(cursor));
    lines.push({ word: word.text, args, place: word.place });
  }
  return lines;
}

/** The machine that a script boots unless it names another. */
const DEFAULT = 'small-pc';

/** Machines that a script knows at a place: those that are ready-made, and those it described above. */
export class MachineShelf {
  readonly #described = new Map<string, Machine>();
  #latest = DEFAULT;

  /** Names, for hints and help. */
  get names(): readonly string[] {
    return [...new Set([...this.#described.keys(), ...Object.keys(readyMade)])];
  }

  /** @throws ScriptError script/name with the nearest spelling */
  take(name: Word, cursor: Cursor): Machine {
    const machine = this.#find(name.text);
    if (machine) return machine;
    const hint = didYouMean(name.text, this.names, `There are ${this.names.join(', ')}.`);
    return cursor.fail('script/name', `there is no machine "${name.text}".`, hint, name.place);
  }

  #find(name: string): Machine | undefined {
    const text = Object.hasOwn(readyMade, name) ? readyMade[name] : undefined;
    const known = this.#described.get(name);
    if (known || text === undefined) return known;
    const made = describe(bareMachine(name), readLines(new Cursor(text, name)));
    this.#described.set(name, made);
    return made;
  }

  /** The machine that was chosen or described last. */
  get latest(): Machine {
    return this.#find(this.#latest)!;
  }

  /** Describe a machine, from nothing or from what another is (`like`). It is the latest from here on. */
  put(name: Word, like: Machine | undefined, lines: readonly MachineLine[]): Machine {
    const made = describe({ ...(like ?? bareMachine(name.text)), name: name.text }, lines);
    this.#described.set(name.text, made);
    this.#latest = name.text;
    return made;
  }

  choose(machine: Machine): void {
    this.#latest = machine.name;
  }
}
