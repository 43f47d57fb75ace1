import { isIdle } from './idle.ts';

/** A refusal of the API as everybody sees it: what, why, and what to do. `status` 0: control could not be reached. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, { code, message, remedy }: { readonly code: string; readonly message: string; readonly remedy: string }) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Request {
  readonly method: Method;
  /** Below `/api/v1`, ids already encoded (`pathOf`). */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A URL of this installation, whatever path control is reached under: `api/v1/…`, `sign-in/…`. */
export function siteUrl(path: string): URL {
  return new URL(`../${path}`, document.baseURI);
}

/** A path with its ids encoded: `` pathOf`/servers/${id}/diff` ``. */
export function pathOf(parts: TemplateStringsArray, ...ids: readonly string[]): string {
  return parts.map((part, index) => part + (index < ids.length ? encodeURIComponent(ids[index] ?? '') : '')).join('');
}

export function apiUrl(path: string, query: Query = {}): URL {
  const url = siteUrl(`api/v1${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url;
}

let csrf: string | undefined;

/** What every change carries, so that no other site's page can make one; it follows from the session. */
async function csrfToken(signal: AbortSignal | undefined): Promise<string> {
  if (csrf !== undefined) return csrf;
  const response = await fetch(siteUrl('sign-in/console/session'), { signal: signal ?? null });
  const told: unknown = await response.json();
  csrf = typeof told === 'object' && told !== null && 'csrf' in told && typeof told.csrf === 'string' ? told.csrf : undefined;
  return csrf ?? '';
}

/** One request to the control API. Throws `Refusal`. */
export async function ask<T>(request: Request): Promise<T> {
  const response = await send(request);
  // The server's schema of this route says that it is so, and a test holds real answers against it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return await response.json() as T;
}

/** The response itself, for what is not JSON: a report, lines that come one after the other. Throws `Refusal`. */
export async function send(request: Request): Promise<Response> {
  const response = await once(request);
  if (response.ok) return response;
  const refusal = await readRefusal(response);
  if (refusal.code !== 'ERR_ADMIN_CSRF' || csrf === undefined) throw refusal;
  // Somebody signed in anew in another tab: the session is another one.
  csrf = undefined;
  const again = await once(request);
  if (again.ok) return again;
  throw await readRefusal(again);
}

async function once({ method, path, query, body, signal }: Request): Promise<Response> {
  const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
  if (isIdle()) headers.set('x-sallyport-idle', '1');
  try {
    if (method !== 'GET') headers.set('x-sallyport-csrf', await csrfToken(signal));
    return await fetch(apiUrl(path, query), {
      method, headers, signal: signal ?? null, redirect: 'error', ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal(0, { code: 'ERR_LINK_UNAVAILABLE', message: 'control cannot be reached', remedy: '' });
  }
}

async function readRefusal(response: Response): Promise<Refusal> {
  const told: unknown = await response.json().catch(() => undefined);
  const field = (name: string): string => {
    const value: unknown = typeof told === 'object' && told !== null ? Reflect.get(told, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return new Refusal(response.status, {
    code: field('code') || `HTTP ${response.status}`, message: field('message') || response.statusText, remedy: field('remedy'),
  });
}
