import type { Result } from '@kwind/debugger';
import { assertNever } from '@kwind/x86';
import { safe } from '../terminal.ts';
import * as answers from './answers.ts';
import { renderEventInfo } from './event-info.ts';
import { placeText } from './happening.ts';
import { renderMachine } from './machine.ts';
import { renderStopped } from './stopped.ts';
import type { Style } from './style.ts';
import { renderSummary } from './summary.ts';
import { valueText } from './value.ts';
import * as views from './views.ts';
import * as walks from './walk.ts';
import { renderWhy } from './why.ts';

/** What a command of the debugger answered, as lines for a terminal. */
export function renderResult(result: Result, style: Style): string[] {
  switch (result.type) {
    case 'stopped':
      return renderStopped(result, style);
    case 'position':
      return [`${placeText(result)}  ${result.percent.toFixed(1)}%  phase ${safe(result.phase)}`];
    case 'summary':
      return renderSummary(result);
    case 'event':
      return renderEventInfo(result, style);
    case 'slots':
      return views.renderSlots(result, style);
    case 'fixmap':
      return views.renderFixmapView(result, style);
    case 'walk':
      return walks.renderWalk(result);
    case 'pagetable':
      return walks.renderPageTable(result, style);
    case 'tlb':
      return views.renderTlb(result, style);
    case 'registers':
      return views.renderRegisters(result);
    case 'calls':
      return walks.renderCalls(result, style);
    case 'warnings':
      return views.renderWarnings(result);
    case 'profile':
      return views.renderProfile(result);
    case 'list':
      return walks.renderList(result, style);
    case 'backtrace':
      return walks.renderBacktrace(result);
    case 'value':
      return [`${safe(result.expression)} = ${valueText(result.value)}`];
    default:
      return 'text' in result && 'at' in result && result.type !== 'search'
        ? renderMachine(result)
        : renderSessionResult(result, style);
  }
}

type SessionResult = Extract<
  Result,
  {
    type:
      | 'history'
      | 'why'
      | 'diff'
      | 'memory'
      | 'search'
      | 'each'
      | 'branch'
      | 'done'
      | 'help'
      | 'interrupted'
      | 'quit'
      | 'breakpoints'
      | 'bookmarks'
      | 'displays';
  }
>;

function renderSessionResult(result: SessionResult, style: Style): string[] {
  switch (result.type) {
    case 'history':
      return answers.renderHistory(result, style);
    case 'why':
      return renderWhy(result);
    case 'diff':
      return answers.renderDiff(result, style);
    case 'memory':
      return answers.renderMemory(result);
    case 'search':
      return answers.renderSearch(result, style);
    case 'each':
      return answers.renderEach(result, style);
    case 'branch':
      return answers.renderBranch(result, style);
    case 'breakpoints':
      return answers.renderBreakpoints(result);
    case 'bookmarks':
      return answers.renderBookmarks(result);
    case 'displays':
      return answers.renderDisplays(result);
    case 'done':
      return answers.renderDone(result);
    case 'help':
      return answers.renderHelp(result, style);
    case 'interrupted':
      return ['Interrupted; still here.'];
    case 'quit':
      return [];
    default:
      return assertNever(result, 'answer');
  }
}
