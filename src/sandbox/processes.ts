import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { createCrashes } from './crashes.ts';
import { launch } from './launch.ts';
import type { Child } from './launch.ts';
import { createTrail } from './trail.ts';

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
  const processesMax = options.processesMax ?? LIMITS.stdioProcessesMax;
  const now = options.now ?? Date.now;
  const running = new Map<string, Running>();
  const crashes = createCrashes(now);
  let starting = 0;
  let isShut = false;
  const work = join(options.folder, 'work');
  const trail = createTrail(join(options.folder, 'running'));
  // What a killed runner left: nobody speaks to its servers any more, and nothing of their folders is in use.
  trail.endOrphans();
  rmSync(work, { recursive: true, force: true });

  async function start({ key, origin, launch: spec }: ProcessRequest, owner: object, folder: string): Promise<Running> {
    if (isShut || running.size + starting >= processesMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'No more local servers can be started now.', { remedy: 'Try again later.', dispatched: false });
    }
    if (running.has(key)) throw new SallyportError('ERR_CONFLICT', 'This process runs already.', { dispatched: false });
    starting += 1;
    try {
      await crashes.permit(origin);
      const cache = join(options.folder, 'cache', digestOf([spec.command, ...spec.args]));
      for (const path of [folder, cache]) mkdirSync(path, { recursive: true, mode: 0o700 });
      const onStderr = logTo(join(options.folder, 'log'), origin);
      const child = await launch(spec, { folder, cache, searchPath: options.searchPath, onStderr, stopMs: options.stopMs ?? LIMITS.stdioStopMs });
      const process = { child, owner, startedAt: now(), linesIn: 0, linesOut: 0, isClosing: false };
      running.set(key, process);
      trail.add(child.pid);
      return process;
    } finally {
      starting -= 1;
    }
  }

  async function* open(request: ProcessRequest, owner: object, signal: AbortSignal): AsyncGenerator<Json, void, undefined> {
    const folder = join(work, crypto.randomUUID());
    let process: Running | undefined;
    const stop = (): void => void process?.child.stop();
    try {
      process = await start(request, owner, folder);
      const { child } = process;
      signal.addEventListener('abort', stop);
      if (signal.aborted || isShut) return;
      yield { pid: child.pid };
      for await (const line of child.lines()) {
        process.linesOut += 1;
        yield line;
      }
      // A server that closed its stdout can say nothing more, whether or not it goes on running.
      await child.stop();
      const { code, signal: killer } = await child.exited;
      if (process.isClosing || signal.aborted) return;
      if (process.linesOut === 0) crashes.crashed(request.origin);
      throw new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { internal: `code ${code}, signal ${killer}` });
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      // Stopping cuts the pipe off under the reader.
      if (process === undefined || !(process.isClosing || signal.aborted)) throw new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { cause });
    } finally {
      signal.removeEventListener('abort', stop);
      await process?.child.stop();
      if (process !== undefined) {
        running.delete(request.key);
        trail.remove(process.child.pid);
        if (process.linesOut > 0) crashes.worked(request.origin);
      }
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function find(key: string, owner: object): Running {
    const process = running.get(key);
    if (process === undefined || process.owner !== owner) throw new SallyportError('ERR_NOT_FOUND', 'No such process runs.');
    return process;
  }

  return {
    open,
    async send(key, line, owner) {
      if (/[\r\n]/.test(line)) throw new SallyportError('ERR_REQUEST_INVALID', 'A message is one line.', { dispatched: false });
      const process = find(key, owner);
      process.linesIn += 1;
      await process.child.write(line);
    },
    async close(key, owner) {
      const process = find(key, owner);
      process.isClosing = true;
      await process.child.stop();
    },
    status: () => [...running].map(([key, { child, startedAt, linesIn, linesOut }]) => ({ key, pid: child.pid, startedAt, linesIn, linesOut })),
    async shutdown() {
      isShut = true;
      await Promise.all([...running.values()].map((process) => {
        process.isClosing = true;
        return process.child.stop();
      }));
    },
  };
}

/** What the last start of a server wrote to stderr, for the operator's eyes: it may hold secrets, so it goes nowhere else. */
function logTo(folder: string, origin: string): (chunk: Uint8Array) => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${digestOf([origin]).slice(0, 16)}.stderr`);
  writeFileSync(path, '', { mode: 0o600 });
  return (chunk) => appendFileSync(path, chunk);
}

function digestOf(parts: readonly string[]): string {
  return new Bun.CryptoHasher('sha256').update(JSON.stringify(parts)).digest('hex');
}
