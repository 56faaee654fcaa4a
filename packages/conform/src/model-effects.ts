import { isEntryCode, specOfType, type BootEvent } from '@kwind/events';
import { comparedArgs, hasResult } from './kernel-effects.ts';
import type { Effect } from './effect.ts';
import { scopeOfFlush } from './names.ts';

/** Names under which other kernels have the same flush. */
const flushScope = (fn: string): 'all' | 'non-global' | undefined =>
  scopeOfFlush(fn) ?? (fn === '__flush_tlb_global' ? 'all' : fn === '__flush_tlb' ? 'non-global' : undefined);
const loadsRoot = new Set(['load_cr3', 'write_cr3']);

/**
 * What the model did in a driven call, in the kernel's terms.
 * @param events all that it emitted, the bracket of the call itself first
 */
export function modelEffects(events: readonly BootEvent[]): readonly Effect[] {
  const open: string[] = [];
  const effects: Effect[] = [];
  const add = (kind: string, ...values: readonly bigint[]): void => void effects.push({ kind, values, n: -1 });
  for (const event of events) {
    switch (event.type) {
      case 'call.entered': {
        const scope = flushScope(event.fn);
        const own = open.length > 0 ? comparedArgs(event.fn, event.args) : undefined;
        if (scope !== undefined) add(`tlb.flushed ${scope}`);
        else if (own) add(event.fn, ...own);
        open.push(event.fn);
        break;
      }
      case 'call.returned':
        open.pop();
        if (hasResult(event.fn) && (open.length === 0 || comparedArgs(event.fn, [])))
          add(`returned ${event.fn}`, event.result);
        break;
      case 'tlb.page-flushed':
        add(event.type, event.vaddr);
        break;
      case 'slot.claimed':
        add(event.type, BigInt(event.slot));
        break;
      case 'cr3.loaded':
        if (loadsRoot.has(open.at(-1) ?? '')) add(event.type, event.after);
        break;
      default:
        if (isStore(event)) add(event.type, BigInt(event.table), BigInt(event.index), event.after);
    }
  }
  return effects;
}

type Store = Extract<BootEvent, { readonly after: unknown; readonly table: unknown }>;
const isStore = (event: BootEvent): event is Store => isEntryCode(specOfType(event.type)!.code);
