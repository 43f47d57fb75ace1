import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { ROLES, type Role } from '../domain/role.ts';

/** What `up` starts and how; it holds no key and listens on nothing (DESIGN part 3, roles). */
export interface UpOptions {
  readonly home: string;
  /** Arguments of each role after `role <name> --home <home>`. */
  readonly roleArguments: Readonly<Partial<Record<Role, readonly string[]>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of every start, readiness, exit and restart. */
  readonly onEvent: (event: UpEvent) => void;
}

export interface UpEvent {
  readonly role: Role;
  readonly event: 'started' | 'ready' | 'exited' | 'restarting' | 'stopped';
  readonly pid?: number;
  /** What the role said when it was ready, for instance its port. */
  readonly detail?: Readonly<Record<string, string | number>>;
  readonly code?: number | undefined;
}

export interface Supervisor {
  pid(role: Role): number | undefined;
  /** What a role said when it was last ready. */
  detail(role: Role): Readonly<Record<string, string | number>>;
  /** Ends the roles in order: what takes calls first, what records them last. */
  stop(): Promise<void>;
}

const START_ORDER: readonly Role[] = ['ledger', 'control', 'runner', 'gateway'];
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const BACKOFF_FIRST_MS = 50;
/** One that can't start gains nothing by hurry; one that served is missed, even when it dies again and again. */
const BACKOFF_MAX_MS = { served: 200, neverReady: 5_000 } as const;
/** A role that ran this long before it died starts anew with the shortest wait. */
const STEADY_MS = 10_000;

/** What a role may see of the environment: its secrets are not for its siblings. */
const ENVIRONMENT: Readonly<Record<Role, readonly string[]>> = {
  ledger: [],
  runner: [],
  gateway: ['REDIS_URL', 'BUN_CONFIG_MAX_HTTP_REQUESTS'],
  control: ['DATABASE_URL'],
};
const COMMON_ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/** Starts the four roles in order, each as a process of its own, and restarts what dies. Throws ERR_NOT_RUNNING when one never gets ready. */
export async function superviseRoles(options: UpOptions): Promise<Supervisor> {
  const supervised = new Map<Role, Supervised>();
  try {
    for (const role of START_ORDER) supervised.set(role, await startRole(role, options));
  } catch (fault) {
    await stopAll(supervised);
    throw fault;
  }
  return {
    pid: (role) => supervised.get(role)?.pid(),
    detail: (role) => supervised.get(role)?.detail() ?? {},
    stop: () => stopAll(supervised),
  };
}

async function stopAll(supervised: ReadonlyMap<Role, Supervised>): Promise<void> {
  for (const role of START_ORDER.toReversed()) await supervised.get(role)?.stop();
}

interface Supervised {
  pid(): number | undefined;
  detail(): Readonly<Record<string, string | number>>;
  stop(): Promise<void>;
}

async function startRole(role: Role, options: UpOptions): Promise<Supervised> {
  let child: Bun.Subprocess<'pipe', 'pipe', 'inherit'> | undefined;
  let detail: Readonly<Record<string, string | number>> = {};
  let stopping = false;
  let waitMs = BACKOFF_FIRST_MS;
  const ready = Promise.withResolvers<void>();
  const wake = new AbortController();

  const run = async (): Promise<void> => {
    while (!stopping) {
      const startedAt = Date.now();
      let served = false;
      const started = spawnRole(role, options);
      child = started;
      options.onEvent({ role, event: 'started', pid: started.pid });
      void readReady(started.stdout, (said) => {
        detail = said;
        served = true;
        options.onEvent({ role, event: 'ready', pid: started.pid, detail: said });
        ready.resolve();
      });
      const code = await started.exited;
      options.onEvent({ role, event: stopping ? 'stopped' : 'exited', pid: started.pid, code });
      if (stopping) return;
      if (Date.now() - startedAt > STEADY_MS) waitMs = BACKOFF_FIRST_MS;
      waitMs = Math.min(waitMs, served ? BACKOFF_MAX_MS.served : BACKOFF_MAX_MS.neverReady);
      options.onEvent({ role, event: 'restarting' });
      await Promise.race([Bun.sleep(waitMs), new Promise((resolve) => wake.signal.addEventListener('abort', resolve, { once: true }))]);
      waitMs *= 2;
    }
  };
  const running = run();
  const stop = async (): Promise<void> => {
    stopping = true;
    wake.abort();
    child?.kill('SIGTERM');
    const late = setTimeout(() => child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await running;
    clearTimeout(late);
  };
  await untilReady(role, ready.promise, stop);
  return { pid: () => child?.pid, detail: () => detail, stop };
}

async function untilReady(role: Role, ready: Promise<void>, stop: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new SallyportError('ERR_NOT_RUNNING', `The role ${role} did not get ready.`, { remedy: 'Its messages above say why.' })), READY_TIMEOUT_MS);
  try {
    await Promise.race([ready, late.promise]);
  } catch (fault) {
    await stop();
    throw fault;
  } finally {
    clearTimeout(timer);
  }
}

function spawnRole(role: Role, options: UpOptions): Bun.Subprocess<'pipe', 'pipe', 'inherit'> {
  const main = join(import.meta.dir, '..', 'cli', 'main.ts');
  const names = [...COMMON_ENVIRONMENT, ...ENVIRONMENT[role]];
  // Control resolves `env:` references of upstream credentials, so it alone is given what its operator's shell has.
  const env = role === 'control' ? options.env : Object.fromEntries(names.map((name) => [name, options.env[name]]));
  return Bun.spawn([process.execPath, main, 'role', role, '--home', options.home, ...(options.roleArguments[role] ?? [])], {
    // The child reads its stdin's end as "the supervisor is gone" and stops: a killed supervisor leaves no orphans.
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    env: { ...env },
  });
}

/** A role says one JSON line on stdout when it is ready. */
async function readReady(stdout: ReadableStream<Uint8Array>, onReady: (said: Readonly<Record<string, string | number>>) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stdout) {
    if (text === READ) continue;
    text += decoder.decode(chunk, { stream: true });
    const end = text.indexOf('\n');
    if (end < 0) continue;
    onReady(JSON.parse(text.slice(0, end)) as Readonly<Record<string, string | number>>);
    text = READ;
  }
}

const READ = '\0read';

/** For a role's own process: says that it is ready, and runs `close` once on SIGTERM, SIGINT or when the supervisor is gone. */
export async function serveUntilStopped(detail: Readonly<Record<string, string | number>>, close: () => Promise<void>): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.resolve());
  process.stdin.on('end', () => stopped.resolve()).on('close', () => stopped.resolve()).resume();
  process.stdout.write(`${JSON.stringify(detail)}\n`);
  await stopped.promise;
  await close();
  // A stdin that is still read keeps the process alive after everything else has ended.
  process.stdin.destroy();
}

export function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name);
}
