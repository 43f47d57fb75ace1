import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

/** A HashiCorp Vault or OpenBao that secrets are read from, over its HTTP API. */
export interface HashicorpProvider {
  /** Origin, for instance `https://vault.corp.example:8200`. */
  readonly address: string;
  readonly namespace?: string;
  /** Where its key-value engine is mounted. */
  readonly mount: string;
  readonly version: 1 | 2;
  readonly auth: { readonly type: 'token' } | { readonly type: 'approle'; readonly mount: string; readonly roleId: string };
  /** Whether its address may lie in a private network. */
  readonly allowPrivate: boolean;
}

/** What goes over the network, through the guard against server-side request forgery; redirects are not followed. */
export type Ask = (request: ApiRequest, provider: Pick<HashicorpProvider, 'address' | 'allowPrivate'>, signal: AbortSignal) => Promise<Response>;

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface ReadByApi {
  readonly value: string;
  /** How long the server says that the value is good for, where it says so. */
  readonly ttlMs?: number;
}

export interface HashicorpReader {
  /**
   * One field of one secret; `argument` is `path#field`. `own` gives our own token, or the secret id of our AppRole.
   * Throws `ERR_PROVIDER_FAILED`, never repeating what the server said.
   */
  read(provider: HashicorpProvider, argument: string, own: () => Promise<string>, signal: AbortSignal): Promise<ReadByApi>;
}

interface Login {
  readonly token: string;
  /** Epoch ms; half of what the server granted, so that a token is never used up to its last moment. */
  readonly until: number;
}

/** Logins are held in memory, per provider and credential, for half of their lease. */
export function createHashicorpReader(ask: Ask, now: () => number = Date.now): HashicorpReader {
  const logins = new Map<string, Login>();
  const login = async (provider: HashicorpProvider, own: string, signal: AbortSignal): Promise<string> => {
    if (provider.auth.type === 'token') return own;
    const key = JSON.stringify([provider.address, provider.namespace ?? '', provider.auth.mount, provider.auth.roleId, digest(own)]);
    const known = logins.get(key);
    if (known !== undefined && known.until > now()) return known.token;
    const made = await logIn({ ask, provider, signal }, provider.auth, own, now());
    logins.set(key, made);
    if (logins.size > LOGINS_MAX) logins.delete(logins.keys().next().value ?? '');
    return made.token;
  };
  return {
    async read(provider, argument, own, signal) {
      const { path, field } = readArgument(argument);
      const data = provider.version === 2 ? 'data/' : '';
      const url = `${provider.address}/v1/${provider.mount}/${data}${path}`;
      const token = await login(provider, await own(), signal);
      const request = { method: 'GET', url, headers: { ...headersOf(provider), 'x-vault-token': token } } as const;
      const answer = await askJson({ ask, provider, signal }, 'read', request, () => logins.clear());
      return valueOf(answer, provider.version, field);
    },
  };
}

const LOGINS_MAX = 100;
/** Path segments that cannot leave the mount, and a field of the secret. */
const PATH = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.@-]+(?:\/[A-Za-z0-9_.@-]+)*$/;

/** `path#field`. Throws `ERR_PROVIDER_FAILED` when it is not of this form. */
function readArgument(argument: string): { readonly path: string; readonly field: string } {
  const at = argument.lastIndexOf('#');
  const [path, field] = [argument.slice(0, at), argument.slice(at + 1)];
  if (at > 0 && PATH.test(path) && /^[\w.-]{1,200}$/.test(field)) return { path, field };
  throw failed('what is asked of it is not of the form path#field');
}

/** Whether a secret may ask this of a HashiCorp provider. */
export function isApiArgument(argument: string): boolean {
  try {
    return readArgument(argument).field !== '';
  } catch {
    return false;
  }
}

/** One way to one server, for the length of one read. */
interface Way {
  readonly ask: Ask;
  readonly provider: HashicorpProvider;
  readonly signal: AbortSignal;
}

async function logIn(way: Way, auth: { readonly mount: string; readonly roleId: string }, secretId: string, now: number): Promise<Login> {
  const { provider } = way;
  const answer = await askJson(way, 'log in to', {
    method: 'POST', url: `${provider.address}/v1/auth/${auth.mount}/login`, headers: { ...headersOf(provider), 'content-type': 'application/json' },
    body: JSON.stringify({ role_id: auth.roleId, secret_id: secretId }),
  });
  const granted = isObject(answer['auth']) ? answer['auth'] : {};
  const { client_token: token, lease_duration: seconds } = granted;
  if (typeof token !== 'string' || token === '') throw failed('answered a login without a token');
  return { token, until: now + (typeof seconds === 'number' && seconds > 0 ? (seconds * 1000) / 2 : 0) };
}

function headersOf({ namespace }: HashicorpProvider): Record<string, string> {
  // The server refuses requests that a browser could have been made to send, if it is told to want this header.
  return { 'x-vault-request': 'true', ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }) };
}

async function askJson({ ask, provider, signal }: Way, deed: string, request: ApiRequest, onRefused?: () => void): Promise<JsonObject> {
  const response = await ask(request, provider, signal);
  if (response.status === 403) onRefused?.();
  if (response.status !== 200) {
    await response.body?.cancel();
    throw failed(`answered with HTTP status ${response.status} when asked to ${deed} it`);
  }
  const text = await limited(response);
  try {
    const answer: Json = JSON.parse(text);
    if (isObject(answer)) return answer;
  } catch {
    // Told below: the parser's own words would repeat what it read.
  }
  throw failed('answered with something that is not JSON');
}

async function limited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > 2 * LIMITS.secretBytesMax) throw failed(`answered with more than ${2 * LIMITS.secretBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Version 2 wraps the data once more, and answers 200 for a version that was deleted only in its metadata. */
function valueOf(answer: JsonObject, version: 1 | 2, field: string): ReadByApi {
  const outer = isObject(answer['data']) ? answer['data'] : {};
  const data = version === 1 ? outer : isObject(outer['data']) ? outer['data'] : {};
  const value = Object.hasOwn(data, field) ? data[field] : undefined;
  if (typeof value !== 'string' || value === '') throw failed('has no such field, or it is no text');
  const seconds = answer['lease_duration'];
  return { value, ...(version === 1 && typeof seconds === 'number' && seconds > 0 ? { ttlMs: seconds * 1000 } : {}) };
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}

function failed(why: string): SallyportError {
  return new SallyportError('ERR_PROVIDER_FAILED', `the vault server ${why}`, {
    remedy: 'Check the provider\'s address, mount, version and role, and the secret\'s argument.',
  });
}
