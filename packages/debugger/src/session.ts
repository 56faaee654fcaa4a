import type { Timeline } from '@kwind/timeline';
import type { BookmarkStore } from './bookmarks.ts';
import { MemoryBookmarks } from './bookmarks.ts';
import { commandHelp, helpOn } from './command-line/parse.ts';
import { branch, callFunction, type SaveBranch } from './commands/branch.ts';
import { each } from './commands/each.ts';
import { history, search } from './commands/history.ts';
import { info } from './commands/info.ts';
import { backtrace, diff, list, print, when } from './commands/looking.ts';
import { bookmark, deleteBookmark, display, refresh, undisplay } from './commands/marking.ts';
import { examine, mappings } from './commands/memory.ts';
import { finish, goto, next, revisit, step } from './commands/moving.ts';
import { resume, toChange, until } from './commands/running.ts';
import {
  breakpoints,
  enable,
  setBreak,
  setCatch,
  setCommands,
  setCondition,
  setIgnore,
  setWatch,
} from './commands/stops.ts';
import { why } from './commands/why.ts';
import { Core } from './core.ts';
import { Interrupted } from './interrupted.ts';
import type { Command, Place, Result } from './protocol.ts';
import { parseAddress } from './ranges.ts';
import type { KernelTexts } from './views/machine.ts';
import { stopped } from './stopped.ts';
import { walkView } from './views/walk.ts';

export interface SessionOptions {
  readonly bookmarks?: BookmarkStore;
  /** Asked many times a second during a search; true ends it, and the session stands where it stood. */
  readonly shouldStop?: () => boolean;
  /** Keeps a branch as a trace; without it `branch save` is refused. */
  readonly saveBranch?: SaveBranch;
  /** Prints what a kernel shows of itself; without it the views hold data and no text. */
  readonly kernelTexts?: KernelTexts;
}

/** One for each command; one that is forgotten does not compile. */
type Handlers = {
  readonly [D in Command['do']]: (core: Core, command: Extract<Command, { do: D }>, options: SessionOptions) => Result;
};

const handlers: Handlers = {
  step,
  next,
  finish,
  continue: resume,
  until,
  last: toChange,
  'next-write': toChange,
  goto,
  back: revisit,
  forward: revisit,
  when,
  info: (core, { topic, argument }, { kernelTexts }) =>
    topic === 'breakpoints' ? breakpoints(core) : info(core, topic, argument, kernelTexts),
  walk: (core, { address }) => walkView(core.timeline, core.cursor, parseAddress(address, core)),
  list,
  backtrace,
  print,
  x: examine,
  vmmap: mappings,
  history,
  why,
  search,
  each,
  diff,
  break: setBreak,
  watch: setWatch,
  catch: setCatch,
  ignore: setIgnore,
  condition: setCondition,
  commands: setCommands,
  enable,
  disable: enable,
  delete: enable,
  bookmark,
  'delete-bookmark': deleteBookmark,
  display,
  undisplay,
  call: callFunction,
  branch: (core, command, { saveBranch }) => branch(core, command, saveBranch),
  refresh,
  help: (_core, { topic }) => ({ type: 'help', commands: helpOn(topic) }),
  quit: () => ({ type: 'quit' }),
};

/** Commands that answer a question in one piece: ended wherever something is folded for them, they leave nothing behind. */
const answering: ReadonlySet<Command['do']> = new Set([
  'when',
  'info',
  'walk',
  'list',
  'backtrace',
  'print',
  'x',
  'vmmap',
  'why',
  'diff',
]);

/** A debugger on one trace: where it stands, what it stops at, and an answer for each command. */
export class DebugSession {
  readonly #core: Core;
  readonly #options: SessionOptions;

  constructor(timeline: Timeline, options: SessionOptions = {}) {
    this.#options = options;
    this.#core = new Core(timeline, options.bookmarks ?? new MemoryBookmarks(), options.shouldStop);
  }

  /** Where the session stands. */
  get place(): Place {
    return this.#core.place;
  }

  /**
   * Do one command.
   * @throws ToolError when it is refused; the session then stands where it stood
   */
  dispatch(command: Command): Result {
    const handler = handlers[command.do] as (core: Core, command: Command, options: SessionOptions) => Result;
    const run = (): Result => handler(this.#core, command, this.#options);
    try {
      if (!answering.has(command.do)) return run();
      const answer = this.#core.timeline.interruptible(this.#core.shouldStop, run);
      if (answer) return answer.value;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
    return this.#interrupted(command);
  }

  #interrupted(command: Command): Result {
    const direction = 'direction' in command ? command.direction : 'forward';
    const isMoving = commandHelp.find(({ name }) => name === command.do)?.group === 'moving';
    return isMoving
      ? stopped(this.#core, direction, { kind: 'interrupted' })
      : { type: 'interrupted', at: this.#core.place };
  }
}
