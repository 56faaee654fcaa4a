import type { EventView } from '@kwind/events';
import { kernelScope } from '@kwind/kernel';
import { eventScope, type Environment, type Scope } from '@kwind/state';
import {
  parsePosition,
  sourceOf,
  Timeline,
  type BranchTrace,
  type Cursor,
  type Moment,
  type PositionContext,
} from '@kwind/timeline';
import type { BookmarkStore } from './bookmarks.ts';
import { Displays } from './displays.ts';
import { Interrupted, type Poll } from './interrupted.ts';
import { placeOf } from './place.ts';
import type { Place } from './protocol.ts';
import { withoutLine } from './source-lines.ts';
import { StopList } from './stops/stop-list.ts';
import { Visits } from './visits.ts';

/** Events that are folded in less time than a person notices. */
const NEAR = 64;

const phaseEvents = sourceOf('phase.entered');

/** A history of the user's own making, and the recording that it left. */
export interface Branch {
  readonly trace: BranchTrace;
  readonly recording: Timeline;
  /** Position of the recording where it begins. */
  readonly forkedAt: number;
}

/** What the commands of one session share. */
export class Core {
  readonly bookmarks: BookmarkStore;
  readonly shouldStop: (() => boolean) | undefined;
  readonly displays = new Displays();
  readonly stops = new StopList();
  visits: Visits;
  /** What was asked about last, for a question without a name. */
  asked = '';
  /** Names that expressions may use: the machine, the kernel's constants, the event at hand. */
  readonly scope: Scope;
  #timeline: Timeline;
  #branch: Branch | null = null;
  #cursor: Cursor;

  constructor(timeline: Timeline, bookmarks: BookmarkStore, shouldStop: (() => boolean) | undefined) {
    this.#timeline = timeline;
    this.bookmarks = bookmarks;
    this.shouldStop = shouldStop;
    this.scope = eventScope(kernelScope(timeline.profile));
    this.#cursor = timeline.at(0);
    this.visits = new Visits(0);
  }

  /** The recording, or the branch that the session is in. */
  get timeline(): Timeline {
    return this.#timeline;
  }
  get branch(): Branch | null {
    return this.#branch;
  }
  get cursor(): Cursor {
    return this.#cursor;
  }
  get position(): number {
    return this.#cursor.position;
  }
  get place(): Place {
    return placeOf(this.timeline, this.position);
  }
  /** The event that made the present state; undefined at the start. */
  get event(): EventView | undefined {
    return this.position === 0 ? undefined : this.timeline.event(this.position - 1);
  }

  /** Ends a command that the user no longer waits for. @throws Interrupted */
  readonly poll: Poll = () => {
    if (this.shouldStop?.() === true) throw new Interrupted();
  };

  /**
   * The cursor at a position, as Timeline.at, but a long way there can be interrupted.
   * @throws Interrupted
   */
  cursorAt(position: number): Cursor {
    const { timeline, shouldStop } = this;
    if (position > 0 && position <= timeline.length && shouldStop) {
      // A search for that very event asks on its way whether to stop, and leaves the state where at() finds it.
      const reached = { test: ({ after }: Moment): boolean => after.position === position };
      const found = timeline.find(position - 1, reached, 'forward', { shouldStop, limit: position - 1 });
      if (found.kind === 'interrupted') throw new Interrupted();
    }
    return timeline.at(position);
  }

  /** {@link cursorAt} from where the session stands: a few events on or back cost next to nothing. */
  near(position: number): Cursor {
    const count = position - this.position;
    return Math.abs(count) <= NEAR ? this.timeline.step(this.cursor, count) : this.cursorAt(position);
  }

  /** Stand somewhere else, and remember having been here. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
    this.visits.visit(cursor.position);
  }
  /** Stand at a place visited before. */
  returnTo(cursor: Cursor): void {
    this.#cursor = cursor;
  }

  /** Go on in a branch, at its end. */
  enterBranch(branch: Branch): void {
    this.#branch = branch;
    this.#timeline = new Timeline(branch.trace, this.#timeline.profile);
    this.moveTo(this.#timeline.at(this.#timeline.length));
  }
  /** Go back to the recording: to this position, or to the fork from behind it. */
  leaveBranch({ recording, forkedAt }: Branch): void {
    this.#branch = null;
    this.#timeline = recording;
    this.#cursor = recording.at(Math.min(this.position, forkedAt));
    // Places behind the fork are no more.
    this.visits = new Visits(this.position);
  }

  /** @throws ToolError position/invalid */
  parsePosition(text: string): number {
    return parsePosition(withoutLine(text, this.timeline, this.poll), this.positionContext());
  }

  positionContext(): PositionContext {
    const marks = this.bookmarks.list();
    return {
      current: this.position,
      length: this.timeline.length,
      bookmark: (name) => marks.find((mark) => mark.name === name)?.position,
      bookmarks: marks.map((mark) => mark.name),
      phase: (name) => this.#phases().find((phase) => phase.name === name)?.position,
      phases: () => this.#phases().map((phase) => phase.name),
    };
  }

  /** What expressions are evaluated against here. */
  environment(): Environment {
    const event = this.event;
    return { view: this.cursor.state, ...(event && { event }) };
  }

  #phases(): readonly { readonly name: string; readonly position: number }[] {
    const found: { name: string; position: number }[] = [];
    for (const event of this.timeline.events(0, this.timeline.length, phaseEvents)) {
      if (event.type === 'phase.entered') found.push({ name: event.name, position: event.seq + 1 });
    }
    return found;
  }
}
