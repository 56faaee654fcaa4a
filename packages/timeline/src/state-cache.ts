import type { MachineState } from '@kwind/state';

const PAGE_BYTES = 4096;
const BYTES_A_TABLE = 16;

/**
 * States by position, the most recently used kept, bounded in number and in bytes. What a state shares with the parent
 * that `put` names is the parent's; without one, a state is counted as if it shared nothing.
 */
export class StateCache {
  readonly #limit: { readonly states: number; readonly bytes: number };
  readonly #kept = new Map<number, { readonly state: MachineState; readonly bytes: number }>();
  #bytes = 0;

  constructor(limit: { readonly states: number; readonly bytes: number }) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#kept.size;
  }
  /** An upper bound: each event can have made at most one page differ from the parent's. */
  get bytes(): number {
    return this.#bytes;
  }

  get(position: number): MachineState | undefined {
    const found = this.#kept.get(position);
    if (!found) return undefined;
    this.#kept.delete(position);
    this.#kept.set(position, found);
    return found.state;
  }

  /** Last state at or before `position`. */
  atOrBefore(position: number): MachineState | undefined {
    let best = -1;
    for (const at of this.#kept.keys()) if (at <= position && at > best) best = at;
    return best < 0 ? undefined : this.get(best);
  }

  put(state: MachineState, parent?: MachineState): void {
    this.#drop(state.position);
    const changed = parent === undefined ? Infinity : state.position - parent.position;
    const bytes = Math.min(state.pages.size, changed) * PAGE_BYTES + state.pages.size * BYTES_A_TABLE;
    this.#kept.set(state.position, { state, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit.states && this.#bytes <= this.#limit.bytes) return;
      // The newest stays even when it alone is over the bound: it is about to be used.
      if (oldest !== state.position) this.#drop(oldest);
    }
  }

  #drop(position: number): void {
    const known = this.#kept.get(position);
    if (!known) return;
    this.#bytes -= known.bytes;
    this.#kept.delete(position);
  }
}
