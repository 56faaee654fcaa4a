import type { CaptureCall } from '@kwind/events';
import { hasFrame, isPageFlush, levelOfStore, scopeOfFlush, symbolOf } from './names.ts';

/** A kernel function that was not traced itself, but whose stores show that it ran, by the frames in their stacks. */
interface Untraced {
  readonly fn: string;
  /** Any of these frames shows it. */
  readonly frames: readonly string[];
}

/** Any of these frames shows that the direct map is being built. */
export const directMapFrames: readonly string[] = [
  'init_mem_mapping',
  'init_memory_mapping',
  'init_range_memory_mapping',
  'memory_map_top_down',
  '__kernel_physical_mapping_init',
  'kernel_physical_mapping_init',
];

const untraced: readonly Untraced[] = [
  { fn: 'cleanup_highmap', frames: ['cleanup_highmap'] },
  {
    fn: 'init_mem_mapping',
    frames: directMapFrames,
  },
  { fn: 'mem_init', frames: ['mem_init', 'preallocate_vmalloc_pages'] },
];

/** Whether a call was put together here from what was seen inside it. */
export const isUntraced = ({ fn, args }: CaptureCall): boolean =>
  args.length === 0 && untraced.some((group) => group.fn === fn);

const isEffect = ({ fn, inner }: CaptureCall): boolean =>
  inner.length === 0 &&
  (levelOfStore(fn) !== undefined || isPageFlush(fn) || scopeOfFlush(fn) !== undefined || fn === 'native_write_cr3');

/** Put the stores of functions that were not traced themselves into a call of their own. Only a run without gaps counts. */
export function withUntraced(calls: readonly CaptureCall[]): readonly CaptureCall[] {
  const found: CaptureCall[] = [];
  for (let i = 0; i < calls.length;) {
    const call = calls[i]!;
    const group = isEffect(call) ? untraced.find(({ frames }) => hasFrame(call, ...frames)) : undefined;
    const end = group ? endOfRun(calls, i, group) : i;
    if (group) found.push(callOf(group, calls.slice(i, end)));
    else found.push(call);
    i = group ? end : i + 1;
  }
  return found;
}

/** First call after the run that starts at `from`: stacks deep inside may not show the function any more. */
function endOfRun(calls: readonly CaptureCall[], from: number, { frames }: Untraced): number {
  let end = from + 1;
  for (let i = from; i < calls.length && isEffect(calls[i]!); i++) if (hasFrame(calls[i]!, ...frames)) end = i + 1;
  return end;
}

function callOf({ fn }: Untraced, inner: readonly CaptureCall[]): CaptureCall {
  const [first, last] = [inner[0]!, inner.at(-1)!];
  const shown = inner.find(({ stack }) => stack.some((frame) => symbolOf(frame) === fn)) ?? first;
  const at = shown.stack.findIndex((frame) => symbolOf(frame) === fn);
  const stack = at < 0 ? [] : shown.stack.slice(at + 1);
  return {
    n: first.n,
    origin: first.origin,
    fn,
    args: [],
    stack,
    resources: [],
    name: undefined,
    end: 'inferred',
    result: undefined,
    lastRecord: last.n,
    inner,
  };
}
