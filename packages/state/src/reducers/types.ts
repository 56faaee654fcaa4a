import type { EventOf, EventType, EventView } from '@kwind/events';
import type { MachineWriter } from '../writer.ts';

/** One function an event type. The event is a window that moves on afterwards: copy values out of it, never keep it. */
export type Reducers<T extends EventType> = {
  readonly [K in T]: (machine: MachineWriter, event: EventOf<K> & Pick<EventView, 'seq'>) => void;
};
