import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { ROLES, type Role } from '../domain/role.ts';
import { ensureHome } from '../link/place.ts';
import { pause } from './pause.ts';
import { FINAL_EXIT_CODE, GO, readSaid, type Detail } from './supervised.ts';

/** What `up` starts and how; it holds no key and listens on nothing (DESIGN part 3, roles). */
export interface UpOptions {
  readonly home: string;
  /** Arguments of each role after `role <name> --home <home>`. */
  readonly roleArguments: Readonly<Partial<Record<Role, readonly string[]>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of every start, readiness, exit and restart. */
  readonly onEvent: (event: UpEvent) => void;
  /** Ends the start early: what has started is stopped in order. */
  readonly signal?: AbortSignal;
}

export interface UpEvent {
  readonly role: Role;
  readonly event: 'started' | 'ready' | 'exited' | 'restarting' | 'stopped';
  readonly pid?: number;
  /** What the role said when it was ready, for instance its port. */
  readonly detail?: Detail;
  readonly code?: number | undefined;
  /** Why it ended, in its own words. */
  readonly error?: SallyportError | undefined;
}

export interface Supervisor {
  pid(role: Role): number | undefined;
  /** What a role said when it was last ready. */
  detail(role: Role): Detail;
  /** Ends the roles in order: what takes calls first, what records them last. */
  stop(): Promise<void>;
}

/** What each role needs running before it begins; they load their code meanwhile. */
const NEEDS: Readonly<Record<Role, readonly Role[]>> = { ledger: [], control: ['ledger'], runner: [], egress: ['control'], gateway: ['control', 'runner'] };
const STOP_ORDER: readonly Role[] = ['gateway', 'runner', 'egress', 'control', 'ledger'];
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const BACKOFF_FIRST_MS = 50;
/** One that can't start gains nothing by hurry; one that served is missed, even when it dies again and again. */
const BACKOFF_MAX_MS = { served: 200, neverReady: 5_000 } as const;
/** A role that ran this long before it died starts anew with the shortest wait. */
const STEADY_MS = 10_000;
/** A role that ended this often without ever being ready never will be. */
const FIRST_EXITS_MAX = 3;

/** What a role may see of the environment: its secrets are not for its siblings. */
const ENVIRONMENT: Readonly<Record<Role, readonly string[]>> = {
  ledger: [],
  runner: [],
  egress: [],
  gateway: ['REDIS_URL', 'STORE_ROOTS', 'BUN_CONFIG_MAX_HTTP_REQUESTS'],
  control: ['DATABASE_URL', 'STORE_ROOTS'],
};
const COMMON_ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/**
 * Starts the five roles, each as a process of its own and none before what it needs, and restarts what dies. Throws what a
 * role said that can't start (`ERR_ALREADY_RUNNING`, `ERR_LISTEN`, …), or `ERR_NOT_RUNNING`; then nothing is left running.
 */
export async function superviseRoles(options: UpOptions): Promise<Supervisor> {
  ensureHome(options.home);
  const supervised = new Map<Role, Supervised>();
  for (const role of ROLES) supervised.set(role, createSupervised(role, options));
  const stop = async (): Promise<void> => {
    for (const role of STOP_ORDER) await supervised.get(role)?.stop();
  };
  try {
    await allReady(supervised, options.signal);
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { pid: (role) => supervised.get(role)?.pid(), detail: (role) => supervised.get(role)?.detail() ?? {}, stop };
}

async function allReady(supervised: ReadonlyMap<Role, Supervised>, signal: AbortSignal | undefined): Promise<void> {
  const begun = new Map<Role, Promise<void>>();
  const begin = async (role: Role): Promise<void> => {
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
  stop(): Promise<void>;
}

type RoleProcess = Bun.Subprocess<'pipe', 'pipe', 'inherit'>;

function createSupervised(role: Role, options: UpOptions): Supervised {
  let child: RoleProcess | undefined;
  let detail: Detail = {};
  let readied = 0;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  const may = Promise.withResolvers<void>();
  const stopping = new AbortController();

  const runOnce = async (): Promise<boolean> => {
    const started = spawnRole(role, options);
    child = started;
    const { pid } = started;
    options.onEvent({ role, event: 'started', pid });
    void may.promise.then(() => sendGo(started));
    const said = readSaid(started.stdout, (now) => {
      detail = now;
      readied += 1;
      options.onEvent({ role, event: 'ready', pid, detail: now });
      ready.resolve();
    });
    const code = await started.exited;
    const error = await said;
    options.onEvent({ role, event: stopping.signal.aborted ? 'stopped' : 'exited', pid, code, error });
    if (readied > 0 || code !== FINAL_EXIT_CODE) return true;
    ready.reject(error ?? hopeless(role));
    return false;
  };
  const run = async (): Promise<void> => {
    let waitMs = BACKOFF_FIRST_MS;
    for (let exits = 1; !stopping.signal.aborted; exits += 1) {
      const startedAt = Date.now();
      const before = readied;
      if (!(await runOnce())) return;
      if (stopping.signal.aborted) return;
      if (readied === 0 && exits === FIRST_EXITS_MAX) return ready.reject(hopeless(role));
      if (Date.now() - startedAt > STEADY_MS) waitMs = BACKOFF_FIRST_MS;
      options.onEvent({ role, event: 'restarting' });
      waitMs = Math.min(waitMs, readied > before ? BACKOFF_MAX_MS.served : BACKOFF_MAX_MS.neverReady);
      await pause(waitMs, stopping.signal);
      waitMs *= 2;
    }
  };
  const running = run();
  return {
    ready: ready.promise,
    pid: () => child?.pid,
    detail: () => detail,
    go: () => may.resolve(),
    async stop() {
      stopping.abort();
      child?.kill('SIGTERM');
      const late = setTimeout(() => child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await running;
      clearTimeout(late);
    },
  };
}

function hopeless(role: Role): SallyportError {
  return new SallyportError('ERR_NOT_RUNNING', `The role ${role} ends before it is ready.`, { remedy: 'Its messages above say why.' });
}

/** A process that has just died can't be told; its exit says all there is to say. */
function sendGo(child: RoleProcess): void {
  if (child.exitCode !== null) return;
  void child.stdin.write(GO);
  void child.stdin.flush();
}

function spawnRole(role: Role, options: UpOptions): RoleProcess {
  const main = join(import.meta.dir, '..', 'cli', 'main.ts');
  const names = [...COMMON_ENVIRONMENT, ...ENVIRONMENT[role]];
  // Control resolves `env:` references of upstream credentials, so it alone is given what its operator's shell has.
  const env = role === 'control' ? options.env : Object.fromEntries(names.map((name) => [name, options.env[name]]));
  return Bun.spawn([process.execPath, main, 'role', role, '--supervised', '--home', options.home, ...(options.roleArguments[role] ?? [])], {
    // The child reads its stdin's end as "the supervisor is gone" and stops: a killed supervisor leaves no orphans.
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    // A terminal's Ctrl-C goes to a whole process group; the roles must end in order, so only the supervisor is to hear it.
    detached: true,
    env: { ...env },
  });
}
