/** What a process of queries tells the thread that looks at its memory. */
export interface WatchOptions {
  /** One number: {@link IDLE} or {@link BUSY}. */
  readonly state: Int32Array<SharedArrayBuffer>;
  /** Bytes that the process may have. */
  readonly mostMemory: number;
  /** Process id of whoever asks. */
  readonly parent: number;
}

export const IDLE = 0;
export const BUSY = 1;
