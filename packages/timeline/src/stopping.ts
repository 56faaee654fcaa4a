/** Raised inside a search when its `shouldStop` says so; never leaves this room. */
export class SearchStopped extends Error {}

/** What a long fold asks between two batches. */
export type ShouldStop = (() => boolean) | undefined;
