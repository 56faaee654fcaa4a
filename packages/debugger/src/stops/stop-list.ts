import { ToolError } from '@kwind/x86';
import type { BreakpointRow } from '../answers.ts';
import type { Condition } from './condition.ts';
import type { Trigger } from './trigger.ts';

/** A breakpoint, watchpoint or catchpoint with what the user has set on it. */
export interface Stop {
  readonly number: number;
  readonly kind: BreakpointRow['kind'];
  readonly trigger: Trigger;
  readonly condition: Condition | undefined;
  readonly enabled: boolean;
  readonly temporary: boolean;
  readonly hits: number;
  readonly ignore: number;
  readonly commands: readonly string[];
}

export type NewStop = Pick<Stop, 'kind' | 'trigger' | 'condition' | 'temporary'>;

/** The stops of a session, in the order of their numbers. */
export class StopList {
  #next = 1;
  #stops: readonly Stop[] = [];

  get all(): readonly Stop[] {
    return this.#stops;
  }
  /** The one that was set last. @throws ToolError command/usage when there is none */
  get newest(): Stop {
    const stop = this.#stops.at(-1);
    if (stop) return stop;
    throw new ToolError('command/usage', 'there is no breakpoint yet.', 'break SPEC sets one.');
  }
  get enabled(): readonly Stop[] {
    return this.#stops.filter((stop) => stop.enabled);
  }

  add(stop: NewStop): Stop {
    const added: Stop = { ...stop, number: this.#next++, enabled: true, hits: 0, ignore: 0, commands: [] };
    this.#stops = [...this.#stops, added];
    return added;
  }

  /** @throws ToolError command/usage for a number there is not */
  change(number: number, change: Partial<Pick<Stop, 'condition' | 'enabled' | 'ignore' | 'commands' | 'hits'>>): Stop {
    const changed = { ...this.#one(number), ...change };
    this.#stops = this.#stops.map((stop) => (stop.number === number ? changed : stop));
    return changed;
  }

  /** Stops of these numbers; all for none. @throws ToolError command/usage */
  some(numbers: readonly number[]): readonly Stop[] {
    return numbers.length === 0 ? this.#stops : numbers.map((number) => this.#one(number));
  }

  remove(numbers: readonly number[]): void {
    this.#stops = this.#stops.filter((stop) => !numbers.includes(stop.number));
  }

  #one(number: number): Stop {
    const stop = this.#stops.find((one) => one.number === number);
    if (stop) return stop;
    throw new ToolError('command/usage', `there is no breakpoint ${number}.`, 'info breakpoints lists them.');
  }
}

export function rowOf({
  number,
  kind,
  trigger,
  condition,
  enabled,
  temporary,
  hits,
  ignore,
  commands,
}: Stop): BreakpointRow {
  return {
    number,
    kind,
    what: trigger.what,
    condition: condition?.text ?? '',
    enabled,
    temporary,
    hits,
    ignore,
    commands,
  };
}
