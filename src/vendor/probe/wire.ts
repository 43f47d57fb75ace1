import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { shakeHands } from './handshake.ts';
import type { Handshake } from './handshake.ts';
import type { Permission } from './permission.ts';
import { findPlace } from './place.ts';
import type { Finder, Place } from './place.ts';
import { readAnswer } from './answer.ts';

export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A test account's, or one that nobody issued. */
  readonly token?: string;
  /** The id of the message in a stream that is waited for. */
  readonly id?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** At most `LIMITS.vendorAnswerBytesMax`. */
  readonly text: string;
  /** The object that the body is, or that the awaited event of a stream is. */
  readonly json?: JsonObject;
  /** The name of the first event of a stream. */
  readonly event?: string;
}

/** Why nothing came back. */
export interface Silence {
  readonly silence: string;
  /** `unsent`: it was never asked. `limited`: it answers no more for now (429). */
  readonly why: 'unsent' | 'closed' | 'late' | 'limited';
}

/** The one way in which anything is sent; what goes by is kept for the probes that judge all of it. */
export interface Wire {
  ask(question: Question): Promise<Answer | Silence>;
  /** The place of an address, for what is no request. Counts, and waits its turn. A text: why not. */
  place(url: string): Promise<Place | string>;
  /** How TLS stands there, asked once. */
  handshake(url: string): Promise<Handshake | string>;
  /** Requests and connections so far. */
  sent(): number;
  /** Every answer but those that say that it answers no more (429). */
  readonly heard: readonly Heard[];
  /** By what it said that it limits how often it is asked. */
  readonly limited: ReadonlySet<string>;
}

export interface Heard {
  readonly question: Pick<Question, 'method' | 'url'>;
  readonly answer: Answer;
}

export interface WireOptions extends Finder {
  readonly permission: Permission;
  /** Waits until something may be sent to an address. */
  readonly turn: (address: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** How long an answer may take. */
  readonly answerMs?: number;
}

export function isSilent(answer: Answer | Silence): answer is Silence {
  return 'silence' in answer;
}

const LIMITED = /^(?:x-)?ratelimit(?:-|$)|^retry-after$/i;

/**
 * Makes the wire of one run. Only origins that the permission covers are asked, at addresses that were judged; redirects are not followed; a
 * token goes only over TLS that is trusted, or to this very machine.
 */
export function createWire(options: WireOptions): Wire {
  const { permission, turn, signal } = options;
  const places = new Map<string, Promise<Place | string>>();
  const handshakes = new Map<string, Promise<Handshake | string>>();
  const heard: Heard[] = [];
  const limited = new Set<string>();
  const lateInRow = new Map<string, number>();
  let sent = 0;
  const wait = async (place: Place): Promise<string | undefined> => {
    if (signal.aborted) return 'the run was stopped';
    if (sent >= LIMITS.vendorRequestsMax) return `${LIMITS.vendorRequestsMax} requests were made`;
    sent += 1;
    await turn(place.address);
    return signal.aborted ? 'the run was stopped' : undefined;
  };
  const find = (url: URL): Promise<Place | string> => remembered(places, url.origin, () => findPlace(url, permission, options));
  const handshake = (place: Place): Promise<Handshake | string> => remembered(handshakes, place.origin, async () => {
    if (place.scheme === 'http') return 'it speaks no TLS';
    return (await wait(place)) ?? shakeHands(place, {});
  });
  return {
    heard, limited,
    sent: () => sent,
    place: async (url) => {
      const place = await find(new URL(url));
      return typeof place === 'string' ? place : (await wait(place)) ?? place;
    },
    handshake: async (url) => {
      const place = await find(new URL(url));
      return typeof place === 'string' ? place : handshake(place);
    },
    ask: async (question) => {
      const place = await find(new URL(question.url));
      if (typeof place === 'string') return { silence: place, why: 'unsent' };
      const shaken = place.scheme === 'http' ? undefined : await handshake(place);
      if (typeof shaken === 'string') return { silence: shaken, why: 'closed' };
      const isTrusted = shaken === undefined ? /^127\.|^::1$/.test(place.address) : shaken.distrust === undefined;
      if (question.token !== undefined && !isTrusted) return { silence: 'a token is shown only over TLS that is trusted', why: 'unsent' };
      // Who does not answer is not asked for ever: it may be in trouble, and by us.
      if ((lateInRow.get(place.origin) ?? 0) >= LIMITS.vendorLateMax) return { silence: 'it did not answer several times in a row', why: 'unsent' };
      const stopped = await wait(place);
      if (stopped !== undefined) return { silence: stopped, why: 'unsent' };
      const answer = await send(place, question, { isTrusted, permission, signal, answerMs: options.answerMs ?? LIMITS.vendorAnswerMs });
      lateInRow.set(place.origin, isSilent(answer) && answer.why === 'late' ? (lateInRow.get(place.origin) ?? 0) + 1 : 0);
      if (isSilent(answer)) return answer;
      for (const name of answer.headers.keys()) if (LIMITED.test(name)) limited.add(name);
      if (answer.status === 429) {
        // What was not judged is neither good nor bad.
        limited.add('429');
        return { silence: 'it answers no more for now (429)', why: 'limited' };
      }
      heard.push({ question: { method: question.method, url: question.url }, answer });
      return answer;
    },
  };
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}

interface Sending {
  readonly isTrusted: boolean;
  readonly permission: Permission;
  readonly signal: AbortSignal;
  readonly answerMs: number;
}

async function send(place: Place, question: Question, { isTrusted, permission, signal, answerMs }: Sending): Promise<Answer | Silence> {
  const { method, body, headers, token, id } = question;
  const url = new URL(question.url);
  const late = AbortSignal.timeout(answerMs);
  const address = place.address.includes(':') ? `[${place.address}]` : place.address;
  const tls = { rejectUnauthorized: isTrusted, ca: [...place.roots], ...(place.isLiteral ? {} : { serverName: place.name }) };
  const init: BunFetchRequestInit = {
    method, redirect: 'manual', decompress: false, signal: AbortSignal.any([signal, late]),
    headers: {
      host: url.host, 'user-agent': `sallyport-vendor-probe (asked by ${permission.asker}; allowed by ${permission.by})`, 'accept-encoding': 'identity',
      accept: 'application/json, text/event-stream', ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers,
    },
    ...(body === undefined ? {} : { body }), ...(place.scheme === 'https' ? { tls } : {}),
  };
  const target = `${place.scheme}://${address}:${place.port}${url.pathname}${url.search}`;
  try {
    return await readAnswer(await fetch(target, init), id);
  } catch {
    if (late.aborted) return { silence: `no answer within ${answerMs / 1000} s`, why: 'late' };
    return { silence: 'the connection was closed', why: 'closed' };
  }
}

/** The member of an object, where it is one. */
export function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined;
}
