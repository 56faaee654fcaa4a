import { createServer } from 'node:net';
import { ToolError } from '@kwind/x86';

/** What an action returns, or the code of the ToolError that it throws; any other error goes on. */
export function outcomeOf<T>(action: () => T): T | ToolError['code'] {
  try {
    return action();
  } catch (error) {
    if (error instanceof ToolError) return error.code;
    throw error;
  }
}

/** Make a file that is none, and harmless: a socket. Call the result to end it. */
export async function makeSocket(path: string): Promise<() => void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return () => void server.close();
}
