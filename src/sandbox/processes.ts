import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Happening } from '../domain/happening.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LaunchSpec, PackagePin } from '../domain/server.ts';
import type { Cgroups } from './cgroups.ts';
import { withRoom, type NetworkWay } from './confine.ts';
import { createCrashes } from './crashes.ts';
import type { Crashes } from './crashes.ts';
import { createFolders, type Folders } from './folders.ts';
import type { JailSupport } from './jail/probe.ts';
import type { Exit } from './launch.ts';
import { startServer, type Running } from './running.ts';
import { endedRecord, refusedRecord, startedRecord } from './told.ts';
import type { EndCause } from './told.ts';
import { createTrail } from './trail.ts';
import type { Trail } from './trail.ts';
import { createWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

export interface ProcessRequest {
  /** Names this process in `send` and `close`; chosen by the caller, used once. */
  readonly key: string;
  /** What crashes are counted under: the same for every start of the same thing for the same caller. */
  readonly origin: string;
  readonly space: string;
  readonly server: string;
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
   * `signal`) stops it. Throws `ERR_RUNNER_SPAWN|LIMIT` and `ERR_SANDBOX_UNAVAILABLE` (not dispatched), `ERR_RUNNER_EXITED`
   * when the process ends by itself or is ended by a limit, and what `record` throws: what can't be recorded is not started.
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
  /** Sallyport's home: nothing of it is ever shown to a server. */
  readonly home: string;
  /** The runner's own folder: private folders and stderr logs of servers. */
  readonly folder: string;
  readonly searchPath: readonly string[];
  readonly support: JailSupport;
  /** Where servers are held to their memory and processes by the kernel; absent: the watchdog alone does it. */
  readonly cgroups?: Cgroups;
  /** The way to the network of a server that has any. */
  readonly openWay?: (request: ProcessRequest) => Promise<NetworkWay>;
  /** The real folder of a package, once it holds what was approved; absent: nothing runs from packages. Throws `ERR_PACKAGE_*`. */
  readonly findPackage?: (pin: PackagePin) => Promise<string>;
  /** Resolves when a record is durable. */
  readonly record: (happening: Happening) => Promise<void>;
  /** Told when a server crashed on start `LIMITS.stdioCrashesMax` times in a row, whoever called it. Resolves when nobody will start it any more. */
  readonly onCrashes: (server: Pick<ProcessRequest, 'space' | 'server'>) => Promise<void>;
  readonly processesMax?: number;
  /** A disk with less than that free ends the servers that may write to it. */
  readonly diskFreeBytesMin?: number;
  readonly stopMs?: number;
  readonly now?: () => number;
}

export function createProcessTable(options: ProcessTableOptions): ProcessTable {
  return new Processes(options);
}

class Processes implements ProcessTable {
  readonly #options: ProcessTableOptions;
  readonly #now: () => number;
  readonly #running = new Map<string, Running>();
  readonly #crashes: Crashes;
  readonly #folders: Folders;
  readonly #watchdog: Watchdog;
  readonly #trail: Trail;
  readonly #work: string;
  #starting = 0;
  #isShut = false;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#crashes = createCrashes(this.#now);
    this.#folders = createFolders(options.home, join(options.folder, 'written'));
    this.#watchdog = createWatchdog(this.#now, options.diskFreeBytesMin);
    this.#work = join(options.folder, 'work');
    this.#trail = createTrail(join(options.folder, 'running'));
    // What a killed runner left: nobody speaks to its servers any more, and nothing of their folders is in use.
    this.#trail.endOrphans();
    rmSync(this.#work, { recursive: true, force: true });
  }

  async *open(request: ProcessRequest, owner: object, signal: AbortSignal): AsyncGenerator<Json, void, undefined> {
    const folder = join(this.#work, crypto.randomUUID());
    let running: Running | undefined;
    let cause: EndCause | undefined;
    const stop = (): void => void running?.child.stop();
    const isWanted = (): boolean => running?.isClosing !== true && !signal.aborted;
    try {
      running = await this.#start(request, owner, folder);
      signal.addEventListener('abort', stop);
      if (signal.aborted || this.#isShut) return;
      await this.#options.record(startedRecord(running.ran));
      yield { pid: running.child.pid };
      for await (const line of running.child.lines()) {
        running.linesOut += 1;
        running.saidAt = this.#now();
        yield line;
      }
      // A server that closed its stdout can say nothing more, whether or not it goes on running.
      await running.child.stop();
      if (!isWanted()) return;
      cause = causeOf(running, await running.child.exited);
      throw exited(cause, await running.child.exited);
    } catch (fault) {
      if (fault instanceof SallyportError) {
        if (fault.code === 'ERR_UPSTREAM_PROTOCOL' || fault.code === 'ERR_UPSTREAM_TOO_LARGE') cause = 'protocol';
        throw fault;
      }
      // Stopping cuts the pipe off under the reader.
      if (running !== undefined && isWanted()) cause = running.breach ?? 'crash';
      if (running === undefined || isWanted()) throw exited(cause, undefined, fault);
    } finally {
      signal.removeEventListener('abort', stop);
      if (running !== undefined) await this.#end(request, running, cause ?? running.breach);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async send(key: string, line: string, owner: object): Promise<void> {
    if (/[\r\n]/.test(line)) throw new SallyportError('ERR_REQUEST_INVALID', 'A message is one line.', { dispatched: false });
    const running = this.#find(key, owner);
    running.linesIn += 1;
    running.saidAt = this.#now();
    await running.child.write(line);
  }

  async close(key: string, owner: object): Promise<void> {
    const running = this.#find(key, owner);
    running.isClosing = true;
    await running.child.stop();
  }

  status(): readonly ProcessStatus[] {
    return [...this.#running].map(([key, { child, startedAt, linesIn, linesOut }]) => ({ key, pid: child.pid, startedAt, linesIn, linesOut }));
  }

  async shutdown(): Promise<void> {
    this.#isShut = true;
    await Promise.all([...this.#running.values()].map((running) => {
      running.isClosing = true;
      return running.child.stop();
    }));
    this.#watchdog.close();
  }

  async #start(request: ProcessRequest, owner: object, folder: string): Promise<Running> {
    const { processesMax = LIMITS.stdioProcessesMax, stopMs = LIMITS.stdioStopMs, searchPath, support, cgroups, openWay } = this.#options;
    if (this.#isShut || this.#running.size + this.#starting >= processesMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'No more local servers can be started now.', { remedy: 'Try again later.', dispatched: false });
    }
    if (this.#running.has(request.key)) throw new SallyportError('ERR_CONFLICT', 'This process runs already.', { dispatched: false });
    this.#starting += 1;
    try {
      await this.#crashes.permit(request.origin);
      const packageFolder = await this.#findPackage(request);
      const isJoined = request.launch.sandbox.network.length > 0 && support.kind === 'jails';
      const way = isJoined ? await openWay?.(request) : undefined;
      const running = await startServer(request, owner, {
        support, folders: this.#folders, folder, searchPath, stopMs, logs: join(this.#options.folder, 'log'), now: this.#now,
        ...(packageFolder === undefined ? {} : { packageFolder }), ...(way === undefined ? {} : { way }), ...(cgroups === undefined ? {} : { cgroups }),
      });
      this.#running.set(request.key, running);
      this.#trail.add(running.child.pid);
      running.unwatch = this.#watchdog.watch({
        pid: running.child.pid, spec: withRoom(request.launch.sandbox, way), startedAt: running.startedAt, saidAt: () => running.saidAt,
        onBreach: (breach) => {
          running.breach = breach;
          running.child.kill();
        },
      });
      return running;
    } finally {
      this.#starting -= 1;
    }
  }

  /** What is not what was approved does not run, and that is put on record. */
  async #findPackage({ space, server, launch: { package: pin } }: ProcessRequest): Promise<string | undefined> {
    if (pin === undefined || pin.ecosystem === 'oci') return undefined;
    try {
      if (this.#options.findPackage === undefined) throw new SallyportError('ERR_RUNNER_SPAWN', 'Nothing runs from packages here.', { dispatched: false });
      return await this.#options.findPackage(pin);
    } catch (fault) {
      await this.#options.record(refusedRecord({ space, server }, pin, fault));
      throw fault;
    }
  }

  async #end(request: ProcessRequest, running: Running, cause: EndCause | undefined): Promise<void> {
    await running.child.stop();
    running.unwatch();
    this.#running.delete(request.key);
    this.#trail.remove(running.child.pid);
    running.cgroup?.remove();
    running.way?.end();
    if (running.linesOut > 0) this.#crashes.worked(request);
    else if (cause !== undefined && this.#crashes.crashed(request)) this.#tellCrashes(request);
    // It has ended, recorded or not.
    await this.#options.record(endedRecord(running.ran, {
      ...(cause === undefined ? {} : { cause }), exit: await running.child.exited, ranMs: this.#now() - running.startedAt,
      linesIn: running.linesIn, linesOut: running.linesOut, stderrBytes: running.stderr.bytes, said: running.stderr.tail(),
    })).catch(() => undefined);
  }

  #tellCrashes(request: ProcessRequest): void {
    const { space, server } = request;
    // Whoever lets it out of quarantine wants it tried at once; while nobody could be told, the wait goes on.
    this.#options.onCrashes({ space, server }).then(() => this.#crashes.worked(request), () => undefined);
  }

  #find(key: string, owner: object): Running {
    const running = this.#running.get(key);
    if (running === undefined || running.owner !== owner) throw new SallyportError('ERR_NOT_FOUND', 'No such process runs.');
    return running;
  }
}

/** Bubblewrap says of a process that was ended by a signal what a shell says. */
const KILLED_CODE = 128 + 9;

function causeOf(running: Running, { code, signal }: Exit): EndCause {
  if (running.breach !== undefined) return running.breach;
  if (running.cgroup?.wasFull() === true) return 'memory';
  if (signal === 'SIGKILL' || code === KILLED_CODE) return 'killed';
  return running.linesOut === 0 ? 'start' : 'crash';
}

function exited(why: EndCause | undefined, exit: Exit | undefined, cause?: unknown): SallyportError {
  const how = exit === undefined ? 'pipe broken' : `code ${exit.code}, signal ${exit.signal}`;
  return new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { internal: why === undefined ? how : `${why}: ${how}`, cause });
}
