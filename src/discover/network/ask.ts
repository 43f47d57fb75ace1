import { isIP } from 'node:net';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Turn } from './pace.ts';

/** One HTTP server that is looked at: where it is, and as whom it is asked for. */
export interface Origin {
  readonly address: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** As the target file names it; the address itself where it has no name. */
  readonly name: string;
}

/** What is asked of it. JSON-RPC messages have an id that no server could guess, so that an echo is no answer. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: JsonObject;
}

/** What came back, as far as it is read: at most `LIMITS.networkAnswerBytesMax`, or the first event of a stream that says something. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON object that the body, or the event, is. */
  readonly json?: JsonObject;
  /** The first event of a stream: its name. */
  readonly event?: string;
}

export interface Asking {
  readonly turn: Turn;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** Why nothing came back. */
export type Silence = 'closed' | 'late';

/**
 * Asks once: no redirect is followed, nothing inflated, no credential shown; a certificate is not judged, as nothing that is said depends on
 * who answers. Proxies of the environment are its caller's to take out.
 */
export async function ask(origin: Origin, question: Question, asking: Asking): Promise<Answer | Silence> {
  const answer = await askOnce(origin, question, asking);
  // A connection that was kept open may have been closed meanwhile: everything that is asked may be asked twice.
  return answer === 'closed' && !asking.signal.aborted ? askOnce(origin, question, asking) : answer;
}

async function askOnce(origin: Origin, { method, path, headers, message }: Question, { turn, owner, signal }: Asking): Promise<Answer | Silence> {
  await turn(origin.address);
  const late = AbortSignal.timeout(LIMITS.networkAnswerMs);
  const host = `${bracketed(origin.name)}${isDefaultPort(origin) ? '' : `:${origin.port}`}`;
  const init: BunFetchRequestInit = {
    method, redirect: 'manual', decompress: false, signal: AbortSignal.any([signal, late]),
    headers: {
      host, 'user-agent': `sallyport-discovery (asked by ${owner})`, 'accept-encoding': 'identity', accept: 'application/json, text/event-stream',
      ...(message === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
    },
    ...(message === undefined ? {} : { body: JSON.stringify(message) }),
    ...(origin.scheme === 'https' ? { tls: { rejectUnauthorized: false, ...(isIP(origin.name) === 0 ? { serverName: origin.name } : {}) } } : {}),
  };
  try {
    const response = await fetch(`${origin.scheme}://${bracketed(origin.address)}:${origin.port}${path}`, init);
    return await readAnswer(response);
  } catch {
    return late.aborted ? 'late' : 'closed';
  }
}

function isDefaultPort({ scheme, port }: Origin): boolean {
  return port === (scheme === 'https' ? 443 : 80);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = '';
  let event: SseEvent | undefined;
  try {
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      text += decoder.decode(read.value, { stream: true });
      event = isStream ? firstEvent(text) : undefined;
      if (event !== undefined || text.length >= LIMITS.networkAnswerBytesMax) break;
    }
  } catch (cause) {
    // A stream that says nothing more has said something, at least its headers.
    if (!isStream && text === '') throw cause;
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  const json = objectOf(event?.data ?? text);
  return { status, headers, text: event?.data ?? text, ...(json === undefined ? {} : { json }), ...(event === undefined ? {} : { event: event.name }) };
}

interface SseEvent {
  readonly name: string;
  readonly data: string;
}

/** The first whole event with data; comments and events that only carry an id come before it. */
function firstEvent(text: string): SseEvent | undefined {
  const blocks = text.split(/\r\n\r\n|\n\n|\r\r/).slice(0, -1);
  for (const block of blocks) {
    const fields = block.split(/\r\n|\n|\r/).map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
    const data = fields.flatMap(([, name, value = '']) => (name === 'data' ? [value] : [])).join('\n');
    const name = fields.find(([, field]) => field === 'event')?.[2] ?? 'message';
    if (data !== '') return { name, data };
  }
  return undefined;
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
