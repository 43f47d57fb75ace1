import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { bareConfiguration, stagedManifest, type RangeConfiguration, type Staged } from './configuration.ts';
import { eraseHome, makeHome } from './homes.ts';
import { manifestFile } from './places.ts';
import { startRangeProcess, type RangeProcess } from './process.ts';
import { createToys, type ToyHandler } from './toys.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Answered {
  readonly status: number;
  readonly body: JsonObject;
}

export interface RangeOptions {
  /** What is rehearsed against; absent: what ships. */
  readonly configuration?: RangeConfiguration;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

export interface TokenWishes {
  readonly agent?: string;
  readonly groups?: readonly string[];
  readonly ttlMs?: number;
}

/**
 * A gate of its own for rehearsals: own keys, store, ledger (with its own log origin), contexts and snapshot, made of a
 * configuration whose servers are all replaced by toy servers; without secrets, sinks, webhooks and mail; in a network of its
 * own where the machine can make one (ADR 0027).
 */
export interface Range {
  readonly home: string;
  /** The gate, for any client on this machine's loopback. */
  readonly url: string;
  /** Whether the kernel keeps it from everything outside; else only its configuration does. */
  readonly isolated: boolean;
  /** SHA-256 of what it was made of, in hex. */
  readonly digest: string;
  /** Of the configuration it was made of, what it does without: keys of the manifest. */
  readonly leftOut: readonly string[];
  /** A toy server, reached by the gate (and nobody else) at the URL. The same name again replaces its answers. */
  serve(name: string, handler: ToyHandler): Promise<{ readonly url: string }>;
  /** Brings this into force on top of the configuration: toy servers, policies, settings. Throws what the control API refuses. */
  stage(staged: Staged): Promise<void>;
  /** The control API as its administrator. */
  ask(method: Method, path: string, body?: JsonObject): Promise<Answered>;
  /** The same, for what is not to be refused: throws `ERR_RANGE_REFUSED` with what it answered. */
  admin(method: Method, path: string, body?: JsonObject): Promise<JsonObject>;
  /** Reads servers through the gate and approves what they say. */
  enrol(...servers: readonly string[]): Promise<void>;
  /** An agent token for all routes; by default of the agent `rehearsal` in the group `rehearsal`. */
  token(wishes?: TokenWishes): Promise<string>;
  /** Records from this position on, oldest first, each with its `position`. */
  records(from?: number): Promise<readonly JsonObject[]>;
  /** Ends it with everything in it, and erases it. */
  stop(): Promise<void>;
}

/** Opens one, ready to be asked. Throws `ERR_RANGE_STOPPED` when it can't be started. */
export async function openRange({ configuration, signal }: RangeOptions = {}): Promise<Range> {
  signal?.throwIfAborted();
  const { base, leftOut, digest } = bareConfiguration(configuration);
  const home = makeHome();
  const toys = createToys(home);
  let running: RangeProcess | undefined;
  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await running?.kill();
    await toys.stop();
    eraseHome(home);
  };
  const stop = (): Promise<void> => (stopping ??= end());
  const abort = (): void => void stop();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    writeFileSync(manifestFile(home), stagedManifest(base, { servers: {} }).text, { mode: 0o600 });
    running = await startRangeProcess(home);
    const { isolated, port } = running;
    const tell = running.ask.bind(running);
    const ask = askerOf(home);
    const admin = insisting(ask);
    return {
      home, leftOut, digest, isolated, ask, admin, stop,
      url: `http://localhost:${port}`,
      serve: (name, handler) => toys.serve(name, handler, tell),
      async stage(staged) {
        const { text, policies } = stagedManifest(base, staged);
        await admin('POST', '/manifest', { file: 'range.yaml', text, policies: policies.map((one): Json => ({ ...one })), dryRun: false });
      },
      enrol: (...servers) => enrol(admin, servers),
      token: (wishes = {}) => issueToken(admin, wishes),
      records: (from = 0) => readRecords(admin, from),
    };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

function askerOf(home: string): Range['ask'] {
  const token = readFileSync(join(home, 'control', 'admin.token'), 'utf8').trim();
  return async (method, path, body) => {
    const response = await fetch(`http://control/api/v1${path}`, {
      method,
      unix: join(home, 'run', 'control', 'api.sock'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const value: Json = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body: isObject(value) ? value : {} };
  };
}

function insisting(ask: Range['ask']): Range['admin'] {
  return async (method, path, body) => {
    const answer = await ask(method, path, body);
    if (answer.status < 400) return answer.body;
    const said = JSON.stringify(answer.body).slice(0, LIMITS.rangeSaidCharsMax);
    throw new SallyportError('ERR_RANGE_REFUSED', `the range's control refused ${method} ${path}: ${said}`, {
      remedy: 'Correct what the scenario, or the configuration it is played against, asks for.',
    });
  };
}

async function enrol(admin: Range['admin'], servers: readonly string[]): Promise<void> {
  for (const server of servers) {
    const { candidate } = await admin('POST', `/servers/${server}/scan`, {});
    await admin('POST', `/servers/${server}/approve`, { digest: (isObject(candidate) ? candidate['digest'] : undefined) ?? '' });
  }
}

async function issueToken(admin: Range['admin'], { agent = 'rehearsal', groups = ['rehearsal'], ttlMs = LIMITS.rangeTokenMs }: TokenWishes): Promise<string> {
  const { token } = await admin('POST', '/tokens', { agent, groups: [...groups], audience: ['*'], ttlMs });
  return typeof token === 'string' ? token : '';
}

async function readRecords(admin: Range['admin'], from: number): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (let after = from === 0 ? undefined : from - 1; ;) {
    const question = `/audit/records?order=oldest&limit=${LIMITS.queryRecordsMax}${after === undefined ? '' : `&after=${after}`}`;
    const { records, next } = await admin('GET', question);
    const page = Array.isArray(records) ? records.filter(isObject) : [];
    found.push(...page);
    if (typeof next !== 'number' || page.length === 0) return found;
    after = next;
  }
}
