import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { createCrashes } from './crashes.ts';
import type { Crashes } from './crashes.ts';
import { launch } from './launch.ts';
import type { Child, Exit } from './launch.ts';
import { logTo } from './stderr-log.ts';
import { createTrail } from './trail.ts';
import type { Trail } from './trail.ts';

export interface ProcessRequest {
  /** Names this process in `send` and `close`; chosen by the caller, used once. */
  readonly key: string;
  /** What crashes are counted under: the same for every start of the same thing for the same caller. */
  readonly origin: string;
  readonly launch: LaunchSpec;
}

export interface ProcessStatus {
  readonly key: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly linesIn: number;
  readonly linesOut: number;
}

/** The local servers that run. `owner` is the link connection that opened a process: no other may speak to it. */
export interface ProcessTable {
  /**
   * Starts a process and yields `{ pid }`, then each line it writes. It lives as long as the iteration: ending that (or
   * `signal`) stops it. Throws `ERR_RUNNER_SPAWN|LIMIT` (not dispatched), `ERR_RUNNER_EXITED` when the process ends by itself.
   */
  open(request: ProcessRequest, owner: object, signal: AbortSignal): AsyncIterable<Json>;
  /** Writes one line. Throws `ERR_NOT_FOUND`, `ERR_REQUEST_INVALID`, `ERR_RUNNER_EXITED|LIMIT`. */
  send(key: string, line: string, owner: object): Promise<void>;
  close(key: string, owner: object): Promise<void>;
  status(): readonly ProcessStatus[];
  /** Stops every process and starts no more. */
  shutdown(): Promise<void>;
}

export interface ProcessTableOptions {
  /** The runner's own folder: private folders, caches and stderr logs of servers. */
  readonly folder: string;
  readonly searchPath: readonly string[];
  readonly processesMax?: number;
  readonly stopMs?: number;
  readonly now?: () => number;
}

interface Running {
  readonly child: Child;
  readonly owner: object;
  readonly startedAt: number;
  linesIn: number;
  linesOut: number;
  isClosing: boolean;
}

export function createProcessTable(options: ProcessTableOptions): ProcessTable {
  return new Processes(options);
}

class Processes implements ProcessTable {
  readonly #options: ProcessTableOptions;
  readonly #now: () => number;
  readonly #running = new Map<string, Running>();
  readonly #crashes: Crashes;
  readonly #trail: Trail;
  readonly #work: string;
  #starting = 0;
  #isShut = false;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#crashes = createCrashes(this.#now);
    this.#work = join(options.folder, 'work');
    this.#trail = createTrail(join(options.folder, 'running'));
    // What a killed runner left: nobody speaks to its servers any more, and nothing of their folders is in use.
    this.#trail.endOrphans();
    rmSync(this.#work, { recursive: true, force: true });
  }

  async *open(request: ProcessRequest, owner: object, signal: AbortSignal): AsyncGenerator<Json, void, undefined> {
    const folder = join(this.#work, crypto.randomUUID());
    let process: Running | undefined;
    const stop = (): void => void process?.child.stop();
    try {
      process = await this.#start(request, owner, folder);
      signal.addEventListener('abort', stop);
      if (signal.aborted || this.#isShut) return;
      yield { pid: process.child.pid };
      for await (const line of process.child.lines()) {
        process.linesOut += 1;
        yield line;
      }
      // A server that closed its stdout can say nothing more, whether or not it goes on running.
      await process.child.stop();
      if (process.isClosing || signal.aborted) return;
      if (process.linesOut === 0) this.#crashes.crashed(request.origin);
      throw exited(await process.child.exited);
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      // Stopping cuts the pipe off under the reader.
      if (process === undefined || !(process.isClosing || signal.aborted)) throw exited(undefined, cause);
    } finally {
      signal.removeEventListener('abort', stop);
      if (process !== undefined) await this.#end(request, process);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async send(key: string, line: string, owner: object): Promise<void> {
    if (/[\r\n]/.test(line)) throw new SallyportError('ERR_REQUEST_INVALID', 'A message is one line.', { dispatched: false });
    const process = this.#find(key, owner);
    process.linesIn += 1;
    await process.child.write(line);
  }

  async close(key: string, owner: object): Promise<void> {
    const process = this.#find(key, owner);
    process.isClosing = true;
    await process.child.stop();
  }

  status(): readonly ProcessStatus[] {
    return [...this.#running].map(([key, { child, startedAt, linesIn, linesOut }]) => ({ key, pid: child.pid, startedAt, linesIn, linesOut }));
  }

  async shutdown(): Promise<void> {
    this.#isShut = true;
    await Promise.all([...this.#running.values()].map((process) => {
      process.isClosing = true;
      return process.child.stop();
    }));
  }

  async #start({ key, origin, launch: spec }: ProcessRequest, owner: object, folder: string): Promise<Running> {
    const { processesMax = LIMITS.stdioProcessesMax, stopMs = LIMITS.stdioStopMs, searchPath } = this.#options;
    if (this.#isShut || this.#running.size + this.#starting >= processesMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'No more local servers can be started now.', { remedy: 'Try again later.', dispatched: false });
    }
    if (this.#running.has(key)) throw new SallyportError('ERR_CONFLICT', 'This process runs already.', { dispatched: false });
    this.#starting += 1;
    try {
      await this.#crashes.permit(origin);
      const cache = join(this.#options.folder, 'cache', digestOf([spec.command, ...spec.args]));
      for (const path of [folder, cache]) mkdirSync(path, { recursive: true, mode: 0o700 });
      const onStderr = logTo(join(this.#options.folder, 'log'), origin, spec.env);
      const child = await launch(spec, { folder, cache, searchPath, onStderr, stopMs });
      const process = { child, owner, startedAt: this.#now(), linesIn: 0, linesOut: 0, isClosing: false };
      this.#running.set(key, process);
      this.#trail.add(child.pid);
      return process;
    } finally {
      this.#starting -= 1;
    }
  }

  async #end({ key, origin }: ProcessRequest, process: Running): Promise<void> {
    await process.child.stop();
    this.#running.delete(key);
    this.#trail.remove(process.child.pid);
    if (process.linesOut > 0) this.#crashes.worked(origin);
  }

  #find(key: string, owner: object): Running {
    const process = this.#running.get(key);
    if (process === undefined || process.owner !== owner) throw new SallyportError('ERR_NOT_FOUND', 'No such process runs.');
    return process;
  }
}

function exited(exit: Exit | undefined, cause?: unknown): SallyportError {
  const internal = exit === undefined ? 'pipe broken' : `code ${exit.code}, signal ${exit.signal}`;
  return new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { internal, cause });
}

function digestOf(parts: readonly string[]): string {
  return new Bun.CryptoHasher('sha256').update(JSON.stringify(parts)).digest('hex');
}
