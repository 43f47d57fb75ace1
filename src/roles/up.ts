import { existsSync, mkdirSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { needsFile } from '../control/needs.ts';
import { SallyportError } from '../domain/errors.ts';
import { GATE_ROLES, type GateRole } from '../domain/role.ts';
import { ensureCallersFolder, ensureHome } from '../link/place.ts';
import { probeJails, type JailSupport } from '../sandbox/jail/probe.ts';
import { pause } from './pause.ts';
import { waysOf } from './runner-ways.ts';
import { FINAL_EXIT_CODE, GO, readSaid, type Detail } from './supervised.ts';
import { removeRunnerGroups } from './up-cgroups.ts';
import { grantsOf, refusedOf, wideOf, type JailParts } from './up-jail.ts';
import { commandOf, jailParts, startRole, type ProcessOptions, type RoleProcess } from './up-process.ts';

/** What `up` starts and how; it holds no key and listens on nothing (DESIGN part 3, roles). */
export interface UpOptions extends ProcessOptions {
  /** Told of every start, readiness, exit and restart. */
  readonly onEvent: (event: UpEvent) => void;
  /** Told once, before anything is started, what jails there are. */
  readonly onJails?: (support: JailSupport) => void;
  /** No jails, whatever the machine has: for containers that confine each role themselves. */
  readonly unjailed?: boolean;
  /** Ends the start early: what has started is stopped in order. */
  readonly signal?: AbortSignal;
}

export interface UpEvent {
  readonly role: GateRole;
  readonly event: 'started' | 'ready' | 'exited' | 'restarting' | 'stopped';
  readonly pid?: number;
  /** At a start: what its jail has beyond every installation's, because the settings ask for it; and what they ask in vain. */
  readonly granted?: readonly string[];
  readonly refused?: readonly string[];
  /** What the role said when it was ready, for instance its port. */
  readonly detail?: Detail;
  readonly code?: number | undefined;
  /** Why it ended, in its own words. */
  readonly error?: SallyportError | undefined;
}

export interface Supervisor {
  pid(role: GateRole): number | undefined;
  /** What a role said when it was last ready. */
  detail(role: GateRole): Detail;
  /** Ends the roles in order: what takes calls first, what records them last. */
  stop(): Promise<void>;
}

/** What each role needs running before it begins; they load their code meanwhile. */
const NEEDS: Readonly<Record<GateRole, readonly GateRole[]>> = {
  ledger: [], control: ['ledger'], runner: ['control'], egress: ['control'], gateway: ['control', 'runner'],
};
const STOP_ORDER: readonly GateRole[] = ['gateway', 'runner', 'egress', 'control', 'ledger'];
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const BACKOFF_FIRST_MS = 50;
/** One that can't start gains nothing by hurry; one that served is missed, even when it dies again and again. */
const BACKOFF_MAX_MS = { served: 200, neverReady: 5_000 } as const;
/** A role that ran this long before it died starts anew with the shortest wait. */
const STEADY_MS = 10_000;
/** A role that ended this often without ever being ready never will be. */
const FIRST_EXITS_MAX = 3;

/**
 * Starts the five roles, each as a process of its own and none before what it needs, and restarts what dies. Throws what a
 * role said that can't start (`ERR_ALREADY_RUNNING`, `ERR_LISTEN`, …), or `ERR_NOT_RUNNING`; then nothing is left running.
 */
export async function superviseRoles(options: UpOptions): Promise<Supervisor> {
  ensureHome(options.home);
  // Shown to the runner and written by egress, whichever of them is started first.
  ensureCallersFolder(waysOf(options.home));
  const support = options.unjailed === true ? UNJAILED : await probeJails();
  options.onJails?.(support);
  const supervised = new Map<GateRole, Supervised>();
  for (const role of GATE_ROLES) supervised.set(role, createSupervised(role, options, support));
  const unwatch = watchNeeds(options, supervised);
  const stop = async (): Promise<void> => {
    unwatch();
    for (const role of STOP_ORDER) await supervised.get(role)?.stop();
    removeRunnerGroups(options.home);
  };
  try {
    await allReady(supervised, options.signal);
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { pid: (role) => supervised.get(role)?.pid(), detail: (role) => supervised.get(role)?.detail() ?? {}, stop };
}

const UNJAILED: JailSupport = { kind: 'none', why: 'this was asked for', remedy: 'leave --unjailed away, unless a container confines each role' };

/** Control writes there what settings need; a role whose jail has less is started anew. */
function watchNeeds({ home }: UpOptions, supervised: ReadonlyMap<GateRole, Supervised>): () => void {
  const folder = dirname(needsFile(home));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const watcher = watch(folder, () => {
    for (const one of supervised.values()) one.refresh();
  });
  return () => watcher.close();
}

async function allReady(supervised: ReadonlyMap<GateRole, Supervised>, signal: AbortSignal | undefined): Promise<void> {
  const begun = new Map<GateRole, Promise<void>>();
  const begin = async (role: GateRole): Promise<void> => {
    for (const need of NEEDS[role]) await begun.get(need);
    const one = supervised.get(role);
    one?.go();
    await one?.ready;
  };
  for (const role of STOP_ORDER.toReversed()) begun.set(role, begin(role));
  const late = Promise.withResolvers<never>();
  const give = (message: string, remedy: string) => (): void => late.reject(new SallyportError('ERR_NOT_RUNNING', message, { remedy }));
  const timer = setTimeout(give('The gate did not get ready.', 'See what its roles say above.'), READY_TIMEOUT_MS);
  const onAbort = give('The start was interrupted.', 'Start it again with `sallyport up`.');
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([Promise.all(begun.values()), late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    for (const one of begun.values()) one.catch(() => undefined);
  }
}

interface Supervised {
  /** Resolves at the first readiness; rejects when there will be none. */
  readonly ready: Promise<void>;
  pid(): number | undefined;
  detail(): Detail;
  /** What it needs is there. */
  go(): void;
  /** Starts it anew if it is to have another jail than it has. */
  refresh(): void;
  stop(): Promise<void>;
}

function createSupervised(role: GateRole, options: UpOptions, support: JailSupport): Supervised {
  let running: RoleProcess | undefined;
  let pid: number | undefined;
  let detail: Detail = {};
  let readied = 0;
  let granted = '';
  let isRenewed = false;
  const [ready, may] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  ready.promise.catch(() => undefined);
  const stopping = new AbortController();
  const parts = (): JailParts | undefined => (support.kind === 'jails' ? jailParts(options, support) : undefined);
  const grants = (now = parts()): string => (now === undefined ? '' : JSON.stringify([grantsOf(role, now), wideOf(role, now)]));

  const runOnce = async (): Promise<boolean> => {
    const now = parts();
    granted = grants(now);
    const made = await make(role, options, support);
    if (made === undefined) return true;
    const { child, pid: known } = (running = made);
    if (stopping.signal.aborted) end(running);
    pid = await known;
    options.onEvent({ role, event: 'started', ...(pid === undefined ? {} : { pid }), ...(now === undefined ? {} : addedTo(role, now)) });
    void may.promise.then(() => sendGo(child));
    const said = readSaid(child.stdout, (told) => {
      detail = told;
      readied += 1;
      options.onEvent({ role, event: 'ready', ...(pid === undefined ? {} : { pid }), detail: told });
      ready.resolve();
    });
    const code = await child.exited;
    const error = await said;
    options.onEvent({ role, event: stopping.signal.aborted || isRenewed ? 'stopped' : 'exited', ...(pid === undefined ? {} : { pid }), code, error });
    if (readied > 0 || code !== FINAL_EXIT_CODE) return true;
    ready.reject(error ?? hopeless(role));
    return false;
  };
  const run = async (): Promise<void> => {
    // What its jail is to have is not known before control has said it once.
    if (role === 'runner' && support.kind === 'jails' && !existsSync(needsFile(options.home))) await Promise.race([may.promise, aborted(stopping.signal)]);
    let waitMs = BACKOFF_FIRST_MS;
    for (let exits = 1; !stopping.signal.aborted; exits += 1) {
      const startedAt = Date.now();
      const before = readied;
      if (!(await runOnce())) return;
      if (stopping.signal.aborted) return;
      if (readied === 0 && exits === FIRST_EXITS_MAX) return ready.reject(hopeless(role));
      if (Date.now() - startedAt > STEADY_MS || isRenewed) waitMs = BACKOFF_FIRST_MS;
      isRenewed = false;
      options.onEvent({ role, event: 'restarting' });
      waitMs = Math.min(waitMs, readied > before ? BACKOFF_MAX_MS.served : BACKOFF_MAX_MS.neverReady);
      await pause(waitMs, stopping.signal);
      waitMs *= 2;
    }
  };
  const over = run();
  return {
    ready: ready.promise,
    pid: () => pid,
    detail: () => detail,
    go: () => may.resolve(),
    refresh() {
      if (running === undefined || isRenewed || grants() === granted) return;
      isRenewed = true;
      end(running);
    },
    async stop() {
      stopping.abort();
      if (running !== undefined) end(running);
      await over;
    },
  };
}

/** In words, for who watches the start. */
function addedTo(role: GateRole, parts: JailParts): Pick<UpEvent, 'granted' | 'refused'> {
  const granted = grantsOf(role, parts).flatMap((mount) => (mount.kind === 'write' ? [`${mount.at} (writable)`] : [mount.at]));
  const [wide, refused] = [wideOf(role, parts), refusedOf(role, parts)];
  return { ...(granted.length + wide.length === 0 ? {} : { granted: [...granted, ...wide] }), ...(refused.length === 0 ? {} : { refused }) };
}

/** Ends a role in order: the end of its stdin tells it, through every jail; what does not end by itself is ended. */
function end({ child }: RoleProcess): void {
  void child.stdin.end();
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  void child.exited.then(() => clearTimeout(late));
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

/** Undefined: there is no process, and that was told. It is like one that ended at once: the others go on, and it is tried again. */
async function make(role: GateRole, options: UpOptions, support: JailSupport): Promise<RoleProcess | undefined> {
  try {
    return await startRole(role, commandOf(role, options), options, support);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown';
    const error = new SallyportError('ERR_NOT_RUNNING', `Its process could not be made: ${why}.`, { remedy: 'Correct that; it is tried again.', cause });
    options.onEvent({ role, event: 'exited', error });
    return undefined;
  }
}

function hopeless(role: GateRole): SallyportError {
  return new SallyportError('ERR_NOT_RUNNING', `The role ${role} ends before it is ready.`, { remedy: 'Its messages above say why.' });
}

/** A process that has just died can't be told; its exit says all there is to say. */
function sendGo(child: RoleProcess['child']): void {
  if (child.exitCode !== null) return;
  void child.stdin.write(GO);
  void child.stdin.flush();
}
