import type { Sighting } from './blocks.ts';
import type { Message } from './messages.ts';

export type MessageOf<K extends Message['kind']> = Extract<Message, { kind: K }>;

/** A message with its place among those that follow each other without loss. */
export interface Turn<M extends Message = Message> {
  readonly sighting: Sighting;
  readonly message: M;
  readonly messages: readonly Message[];
  readonly at: number;
}
