/** Raised inside a search when its `shouldStop` says so; never leaves this room. */
export class SearchStopped extends Error {}

/** What a long fold asks between two batches. */
export type ShouldStop = (() => boolean) | undefined;

/** Whether the search that is going on should end. Whatever reads batch after batch asks, wherever it was started from. */
export class Stopping {
  #shouldStop: ShouldStop;

  /** @throws SearchStopped */
  poll(): void {
    if (this.#shouldStop?.() === true) throw new SearchStopped();
  }

  /** Do something that `shouldStop` may end. */
  during<T>(shouldStop: ShouldStop, run: () => T): T {
    const outer = this.#shouldStop;
    this.#shouldStop = shouldStop ?? outer;
    try {
      return run();
    } finally {
      this.#shouldStop = outer;
    }
  }
}
