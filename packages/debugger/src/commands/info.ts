import { assertNever, fixmapIndexOf, ToolError } from '@kwind/x86';
import type { Info } from '../answers.ts';
import type { Core } from '../core.ts';
import type { InfoTopic } from '../protocol.ts';
import { parseVaddrRange } from '../ranges.ts';
import { callsView } from '../views/calls.ts';
import { eventView } from '../views/event.ts';
import { fixmapView } from '../views/fixmap.ts';
import { machineView, type KernelTexts } from '../views/machine.ts';
import { pageTableView } from '../views/page-table.ts';
import { profileView } from '../views/profile.ts';
import { registersView } from '../views/registers.ts';
import { slotsView } from '../views/slots.ts';
import { summaryView } from '../views/summary.ts';
import { tlbView } from '../views/tlb.ts';
import { warningsView } from '../views/warnings.ts';

const noArgument = (topic: string, argument: string): void => {
  if (argument !== '')
    throw new ToolError('command/usage', `info ${topic} takes no argument, not "${argument}".`, `Usage: info ${topic}`);
};

/** Views of the machine; those of the session's own things are the session's. */
export function info(
  core: Core,
  topic: Exclude<InfoTopic, 'breakpoints'>,
  argument: string,
  texts: KernelTexts = () => '',
): Info {
  const { timeline, cursor } = core;
  if (!['event', 'fixmap', 'pagetable', 'calls', 'iomem', 'ioports', 'resources'].includes(topic))
    noArgument(topic, argument);
  switch (topic) {
    case 'summary':
      return summaryView(timeline, cursor, core.poll);
    case 'event':
      return eventView(timeline, argument === '' ? cursor : core.cursorAt(core.parsePosition(argument)));
    case 'slots':
      return slotsView(timeline, cursor);
    case 'fixmap':
      return fixmapOf(core, argument);
    case 'pagetable':
      return pageTableView(timeline, cursor, argument === '' ? null : parseVaddrRange(argument, core));
    case 'tlb':
      return tlbView(timeline, cursor);
    case 'registers':
      return registersView(timeline, cursor);
    case 'calls':
      return callsOf(core, argument);
    case 'warnings':
      return warningsView(timeline, cursor, core.poll);
    case 'profile':
      return profileView(timeline.profile);
    case 'iomem':
    case 'ioports':
    case 'resources':
    case 'vmalloc':
    case 'ptdump':
    case 'e820':
    case 'pat':
      return machineView(timeline, cursor, topic, texts, { privileged: isPrivileged(topic, argument) });
    case 'bookmarks':
      return { type: 'bookmarks', bookmarks: core.bookmarks.list() };
    case 'displays':
      return { type: 'displays', displays: core.displays.evaluate(core.scope, core.environment()) };
    default:
      return assertNever(topic, 'topic');
  }
}

/** `info iomem unprivileged`: as a user without CAP_SYS_ADMIN reads it. */
function isPrivileged(topic: string, argument: string): boolean {
  if (argument === '' || argument === 'unprivileged') return argument === '';
  throw new ToolError('command/usage', `info ${topic} takes no "${argument}".`, `Usage: info ${topic} [unprivileged]`);
}

function fixmapOf(core: Core, argument: string): Info {
  const view = fixmapView(core.timeline, core.cursor);
  if (argument === '') return view;
  const index = fixmapIndexOf(core.timeline.profile, argument);
  return { ...view, rows: view.rows.filter((row) => row.first <= index && index <= row.last) };
}

/** `info calls`, `info calls all`, `info calls 2`, `info calls early_iounmap`. */
function callsOf(core: Core, argument: string): Info {
  const { timeline, cursor, poll } = core;
  if (argument === '') return callsView(timeline, cursor, undefined, poll);
  if (argument === 'all') return callsView(timeline, cursor, { depth: Infinity, fn: '' }, poll);
  if (/^[0-9]{1,4}$/.test(argument)) return callsView(timeline, cursor, { depth: Number(argument), fn: '' }, poll);
  return callsView(timeline, cursor, { depth: Infinity, fn: argument }, poll);
}
