import { SallyportError } from '../domain/errors.ts';
import type { Issuer } from '../domain/issuer.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { isLoopbackHost } from '../domain/loopback.ts';

/** What is asked of an issuer: its metadata, its keys, or (with `form`) what it says of a token. */
export interface DocumentRequest {
  readonly url: string;
  readonly allowPrivate: boolean;
  /** Sent as `application/x-www-form-urlencoded` by POST; without it the request is a GET. */
  readonly form?: URLSearchParams;
  readonly authorization?: string;
  readonly bytesMax: number;
}

/**
 * Fetches one JSON document through the guard that keeps requests out of private networks: the way is the caller's, no
 * redirect is followed. Rejects when there is no answer in time, or one that is too large.
 */
export type FetchDocument = (request: DocumentRequest) => Promise<{ readonly status: number; readonly text: string }>;

/** Rejects with ERR_ISSUER_UNAVAILABLE: what an issuer does not say is not known, and nobody is let in or sent away by it. */
export async function fetchObject(fetchDocument: FetchDocument, request: DocumentRequest): Promise<JsonObject> {
  const { protocol, hostname } = URL.canParse(request.url) ? new URL(request.url) : { protocol: '', hostname: '' };
  const isPlain = protocol === 'http:' && request.allowPrivate && isLoopbackHost(hostname);
  if (protocol !== 'https:' && !isPlain) throw unavailable('not https');
  let answer: Awaited<ReturnType<FetchDocument>>;
  try {
    answer = await fetchDocument(request);
  } catch (cause) {
    throw unavailable(cause instanceof SallyportError ? cause.code : 'no answer', cause);
  }
  if (answer.status !== 200) throw unavailable(`status ${answer.status}`);
  const value = parsed(answer.text);
  if (value === undefined) throw unavailable('no JSON object');
  return value;
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Never a 401: the client's token may be good, and another one would be no better. */
export function unavailable(internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_ISSUER_UNAVAILABLE', 'The issuer of this token can\'t be asked now.', {
    remedy: 'Try again later; an administrator sees why in the record.', internal, cause,
  });
}

/** An issuer's settings as one text: memory that was made under other settings is not found under these. */
export function settingsOf(issuer: Issuer): string {
  const known = settings.get(issuer) ?? JSON.stringify(issuer);
  settings.set(issuer, known);
  return known;
}

const settings = new WeakMap<Issuer, string>();
