import { fileURLToPath } from 'node:url';

/** Where the inputs are that get mutated. */
export const traces: string = fileURLToPath(new URL('../../traces', import.meta.url));
