import { didYouMean, ToolError } from '@kwind/x86';
import type { Bookmark, DoneAnswer } from '../answers.ts';
import { freeName } from '../bookmarks.ts';
import type { Core } from '../core.ts';
import type { Command } from '../protocol.ts';

type Of<D extends Command['do']> = Extract<Command, { do: D }>;

const done = (core: Core, what: DoneAnswer['done'], bookmark: Bookmark | null = null): DoneAnswer => ({
  type: 'done',
  done: what,
  breakpoints: [],
  bookmark,
  total: core.timeline.length,
});

/** Name this position; without a name the first free number is it. */
export function bookmark(core: Core, { name, note }: Of<'bookmark'>): DoneAnswer {
  const mark: Bookmark = { name: name === '' ? freeName(core.bookmarks.list()) : name, position: core.position, note };
  core.bookmarks.put(mark);
  return done(core, 'set', mark);
}

export function deleteBookmark(core: Core, { name }: Of<'delete-bookmark'>): DoneAnswer {
  const marks = core.bookmarks.list();
  if (!core.bookmarks.remove(name)) {
    const names = marks.map((mark) => mark.name);
    throw new ToolError(
      'position/invalid',
      `there is no bookmark "${name}".`,
      didYouMean(name, names, 'info bookmarks lists them.'),
    );
  }
  return done(core, 'deleted', marks.find((mark) => mark.name === name) ?? null);
}

export function display(core: Core, { expression }: Of<'display'>): DoneAnswer {
  core.displays.add(expression, core.scope);
  return done(core, 'set');
}

export function undisplay(core: Core, { numbers }: Of<'undisplay'>): DoneAnswer {
  core.displays.remove(numbers);
  return done(core, 'deleted');
}

/** Pick up what a recorder wrote since. */
export function refresh(core: Core): DoneAnswer {
  core.timeline.refresh();
  return done(core, 'refreshed');
}
