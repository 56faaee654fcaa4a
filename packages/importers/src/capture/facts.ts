import type { Capture, CaptureCall, CaptureFact } from '@kwind/events';
import { tracedFunction } from './functions.ts';

/**
 * What a capture says happened, in the order of its records: calls as brackets, and in them what each did. A function that is
 * not known is a bracket and nothing else; a call that the tracer made return at once has no effect.
 */
export function* captureFacts({ calls }: Pick<Capture, 'calls'>): Generator<CaptureFact> {
  for (const call of calls) yield* factsOfCall(call);
}

function* factsOfCall(call: CaptureCall): Generator<CaptureFact> {
  if (tracedFunction(call.fn)?.is === 'phase') yield { kind: 'phase-entered', call, name: call.fn };
  yield { kind: 'call-entered', call };
  const [before, after] = call.end === 'skipped' ? [[], []] : effectsOf(call);
  yield* before;
  for (const inner of call.inner) yield* factsOfCall(inner);
  yield* after;
  yield { kind: 'call-left', call };
}

type Effects = readonly [before: readonly CaptureFact[], after: readonly CaptureFact[]];
const nothing: Effects = [[], []];
const PAGE = 0xfffn;

/** What a call does by itself, before and after the calls seen inside it. Arguments that were not recorded make it opaque. */
function effectsOf(call: CaptureCall): Effects {
  const traced = tracedFunction(call.fn);
  const [first, second] = call.args;
  switch (traced?.is) {
    case 'flush':
      return [[{ kind: 'flushed', call, scope: traced.scope }], []];
    case 'setup':
      return [[{ kind: 'slots-based', call }], []];
    case 'mapping':
      return [[], [{ kind: 'effects-follow', call }]];
    case 'resource':
      return [[], [{ kind: 'resource-call', call }]];
    case 'page-flush':
      return first === undefined ? nothing : [[{ kind: 'page-flushed', call, vaddr: first }], []];
    case 'root-load':
      return first === undefined ? nothing : [[{ kind: 'root-loaded', call, value: first }], []];
    case 'iounmap':
      return first === undefined ? nothing : [[], [{ kind: 'area-unmapped', call, vaddr: first }]];
    case 'ioremap':
      return areaOf(call);
    default:
      return first === undefined || second === undefined || traced === undefined
        ? nothing
        : pairEffects(call, traced, first, second);
  }
}

function pairEffects(
  call: CaptureCall,
  traced: NonNullable<ReturnType<typeof tracedFunction>>,
  first: bigint,
  second: bigint,
): Effects {
  switch (traced.is) {
    case 'store':
      return [[{ kind: 'entry-stored', call, level: traced.level, pointer: first, value: second }], []];
    case 'range-flush':
      return [[{ kind: 'range-flushed', call, start: first, end: second }], []];
    case 'map': {
      const about = { call, phys: first, size: second, vaddr: call.result };
      return [
        [{ kind: 'slot-asked', ...about }],
        [
          { kind: 'effects-follow', call },
          { kind: 'slot-mapped', ...about },
        ],
      ];
    }
    case 'unmap':
      return [
        [],
        [
          { kind: 'effects-follow', call },
          { kind: 'slot-unmapped', call, vaddr: first, size: second },
        ],
      ];
    default:
      return nothing;
  }
}

/** Where an ioremap went is what it passed on to ioremap_page_range(), or what it returned. */
function areaOf(call: CaptureCall): Effects {
  const [phys, size] = call.args;
  if (phys === undefined || size === undefined || call.result === 0n) return nothing;
  const passed = call.inner.find((inner) => inner.fn === 'ioremap_page_range')?.args;
  const start = passed?.[0] ?? (call.result === undefined ? undefined : call.result & ~PAGE);
  if (start === undefined) return nothing;
  const end = passed?.[1] ?? start + ((size + (phys & PAGE) + PAGE) & ~PAGE);
  return [[{ kind: 'area-mapped', call, start, end, phys: phys & ~PAGE, caller: call.stack[0] ?? '' }], []];
}
