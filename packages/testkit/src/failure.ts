/** What a test expected did not happen. The text shows both sides, so that the runner's own diff is not needed. */
export class ExpectationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExpectationError';
  }
}

/** Stop the test with a text. */
export function fail(message: string): never {
  throw new ExpectationError(message);
}
