import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ToolError, type ErrorCode } from '@kwind/x86/errors';
import type { Answer } from './answer.ts';

export type Question =
  | { readonly kind: 'run'; readonly sql: string }
  | { readonly kind: 'more' }
  /** The rest of the rows is not wanted. */
  | { readonly kind: 'stop' };

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'rows'; readonly lot: readonly (readonly unknown[])[]; readonly isLast: boolean }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string };

const program = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

/** Bytes that a process of queries may have: a sort of ten million short rows fits, a runaway one ends. */
const MOST_MEMORY = 1536 * 1024 ** 2;

export interface EngineOptions {
  /** Bytes that the process of a query may have, its copies of tables among them. */
  readonly mostMemory?: number;
  /** As of TraceQuery. */
  readonly mostCopied?: number;
}

/** A query was ended from outside. */
export class QueryStopped extends Error {}

/**
 * Runs queries in a process of its own: SQLite cannot be interrupted or kept small from within, and a query that counts to
 * infinity never comes back. Whoever is tired of waiting ends the process, as it does itself when it takes too much
 * memory; the next query gets a new one.
 */
export class Engine {
  readonly #trace: string;
  readonly #mostMemory: number;
  readonly #mostCopied: number | undefined;
  #child: ChildProcess | undefined;
  #whyStopped: Error | undefined;

  constructor(trace: string, { mostMemory = MOST_MEMORY, mostCopied }: EngineOptions = {}) {
    this.#trace = trace;
    this.#mostMemory = mostMemory;
    this.#mostCopied = mostCopied;
  }

  /** Process id of the one that answers, once there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Ask one query.
   * @param seconds the time it may take up to its last row; 0 for no end
   * @throws ToolError as openTrace and TraceQuery.run do, command/usage when the time is over or it takes too much memory;
   *         QueryStopped after {@link stop}. The lots throw the same.
   */
  async run(sql: string, seconds: number): Promise<Answer> {
    const child = await this.#started();
    const timer = seconds > 0 ? setTimeout(() => this.#end(tookTooLong(seconds)), seconds * 1000) : undefined;
    try {
      const reply = await this.#ask(child, { kind: 'run', sql });
      if (reply.kind !== 'columns') throw errorOf(reply);
      return { columns: reply.columns, lots: this.#lots(child, timer) };
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
  }

  /** End the query that is running. */
  stop(): void {
    this.#end(new QueryStopped('interrupted'));
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #end(why: Error): void {
    this.#whyStopped = why;
    this.close();
  }

  /** Open the trace, before there is a query. @throws ToolError as openTrace does */
  async start(): Promise<void> {
    await this.#started();
  }

  /** The time of a query does not count before its process is up. */
  async #started(): Promise<ChildProcess> {
    this.#whyStopped = undefined;
    if (this.#child) return this.#child;
    // Its own messages would land in the middle of the prompt; what matters comes as a reply.
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
    const given = [this.#mostMemory, ...(this.#mostCopied === undefined ? [] : [this.#mostCopied])].map(String);
    const child = fork(program, [this.#trace, ...given], {
      stdio: [...stdio],
      serialization: 'advanced',
      env: childEnv(),
    });
    this.#child = child;
    const reply = await this.#reply(child);
    if (reply.kind === 'ready') return child;
    this.close();
    throw errorOf(reply);
  }

  async *#lots(
    child: ChildProcess,
    timer: NodeJS.Timeout | undefined,
  ): AsyncGenerator<readonly (readonly unknown[])[]> {
    let isLast = false;
    try {
      while (!isLast) {
        const reply = await this.#ask(child, { kind: 'more' });
        if (reply.kind !== 'rows') throw errorOf(reply);
        isLast = reply.isLast;
        if (reply.lot.length > 0) yield reply.lot;
      }
    } finally {
      clearTimeout(timer);
      if (!isLast && child.connected) child.send({ kind: 'stop' } satisfies Question);
    }
  }

  #ask(child: ChildProcess, question: Question): Promise<Reply> {
    const reply = this.#reply(child);
    if (child.connected) child.send(question);
    return reply;
  }

  async #reply(child: ChildProcess): Promise<Reply> {
    const over = new AbortController();
    const { signal } = over;
    try {
      const answered = once(child, 'message', { signal });
      const gone = once(child, 'exit', { signal }).then(() => [undefined]);
      const [first] = (await Promise.race([answered, gone])) as [Reply | undefined];
      if (first !== undefined) return first;
      this.#child = undefined;
      throw this.#whyStopped ?? died(this.#mostMemory);
    } finally {
      over.abort();
    }
  }
}

/** With the cache of compiled code that this process uses, which halves the start of the other. */
function childEnv(): NodeJS.ProcessEnv {
  const cache = module.getCompileCacheDir();
  // What is told here is the folder of this version of Node in the one that the variable names.
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

const tookTooLong = (seconds: number): ToolError =>
  new ToolError(
    'command/usage',
    `the query was stopped after ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    'Give it more time, or narrow it: seq BETWEEN … AND …, type = …',
  );

const died = (mostMemory: number): ToolError =>
  new ToolError(
    'command/usage',
    `the query took more memory than there is, or than ${Math.round(mostMemory / 1024 ** 2)} MiB.`,
    'Narrow it: seq BETWEEN … AND …; or sort, group and join fewer rows and columns.',
  );

const errorOf = (reply: Reply): Error =>
  reply.kind === 'failed'
    ? new ToolError(reply.code, reply.message, reply.hint)
    : new ToolError('internal/invariant', `unexpected reply: ${reply.kind}`);
