import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { GateDoor } from './gate-door.ts';
import { errorIn, readAnswer, type Answered, type Place } from './stdio-answer.ts';
import { errorLine, modernHeaders, type Said } from './stdio-message.ts';
import { learnParameters } from './stdio-parameters.ts';
import type { LegacySession } from './stdio-session.ts';

/** Where what the gate says goes. */
export interface Outlet {
  /** Writes one message to the client. */
  readonly out: (line: string) => void;
  /** For the person who looks at the client's log. */
  readonly note: (text: string) => void;
}

export interface CarryParts extends Outlet {
  readonly door: GateDoor;
  readonly session: LegacySession;
}

const RESUMES_MAX = 5;
const RESUME_MS = 1_000;
const RESUME_MS_MAX = 30_000;
const SESSION_UNKNOWN = -32001;
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/** A request of the client under way. */
interface Carried {
  readonly said: Said;
  readonly signal: AbortSignal;
  isAnswered: boolean;
  place: Place;
  /** An acknowledgement that the client has had already is not told again. */
  isAcknowledged: boolean;
}

/**
 * Carries one message to the gate and all that comes back to the client. A request gets exactly one answer, whatever
 * happens, unless `signal` aborts. Nothing is sent twice that a server may have seen.
 */
export async function carry(said: Said, signal: AbortSignal, parts: CarryParts): Promise<void> {
  const carried: Carried = { said, signal, isAnswered: said.kind !== 'request', place: { eventId: undefined, retryMs: undefined }, isAcknowledged: false };
  try {
    if (said.claimed !== undefined) await carryModern(carried, parts);
    else await carryLegacy(carried, parts);
    if (!carried.isAnswered && !signal.aborted) throw new SallyportError('ERR_UPSTREAM_CLOSED', 'the gate ended the call without an answer');
  } catch (fault) {
    if (signal.aborted) return;
    const known = fault instanceof SallyportError ? fault : new SallyportError('ERR_UPSTREAM_CLOSED', 'the gate went away during the call', {
      remedy: 'Try again when it is back; `sallyport audit query` tells whether this call was carried out.', cause: fault,
    });
    if (!carried.isAnswered) parts.out(errorLine(said.id ?? null, known));
    parts.note(`${known.code}: ${known.message}${known.remedy === undefined ? '' : `\n${known.remedy}`}`);
  }
}

async function carryModern(carried: Carried, parts: CarryParts): Promise<void> {
  const { said, signal } = carried;
  const post = (parameters?: Readonly<Record<string, string>>): Promise<Response> =>
    parts.door.send({ method: 'POST', headers: modernHeaders(said, parameters), body: said.line }, signal);
  if (said.method === 'subscriptions/listen') return follow(carried, post, parts);
  let refused = await relay(await post(), carried, parts);
  if (said.method === 'tools/call' && errorIn(refused[0]?.message)?.code === 'ERR_HEADER_MISMATCH') {
    // The tool wants arguments repeated in headers; a stdio client has none, so they are made here, from the tool's schema.
    const parameters = await learnParameters(said, parts.door, signal);
    if (parameters !== undefined) refused = await relay(await post(parameters), carried, parts);
  }
  for (const answer of refused) tell(answer, carried, parts);
}

/** A subscription outlives tokens and restarts of the gate: it is taken up again until the client or the server ends it. */
async function follow(carried: Carried, post: () => Promise<Response>, parts: CarryParts): Promise<void> {
  while (!carried.isAnswered && !carried.signal.aborted) {
    try {
      const refused = await relay(await post(), carried, parts, (answer) => errorIn(answer.message) !== undefined && carried.isAcknowledged);
      for (const answer of refused) tell(answer, carried, parts);
    } catch (fault) {
      if (!carried.isAcknowledged) throw fault;
    }
    if (!carried.isAnswered) await Bun.sleep(RESUME_MS);
  }
}

async function carryLegacy(carried: Carried, parts: CarryParts): Promise<void> {
  const { said, signal } = carried;
  const { door, session } = parts;
  const lost = session.id;
  let response = await door.send({ method: 'POST', headers: session.headers(said.method), body: said.line }, signal);
  if (said.method === 'initialize') {
    const see = session.opened(said, response);
    const refused = await relay(response, carried, parts, ({ message }) => {
      if (message !== undefined) see(message);
      return false;
    });
    for (const answer of refused) tell(answer, carried, parts);
    return;
  }
  let refused = await relay(response, carried, parts);
  const isLost = response.status === 404 && errorIn(refused[0]?.message)?.rpcCode === SESSION_UNKNOWN;
  // What answers a question of the lost session means nothing in the next.
  if (isLost && said.kind !== 'answer' && (await session.reopen(lost, signal))) {
    response = await door.send({ method: 'POST', headers: session.headers(), body: said.line }, signal);
    refused = await relay(response, carried, parts);
  }
  for (const answer of refused) tell(answer, carried, parts);
  if (!carried.isAnswered && carried.place.eventId !== undefined) await resume(carried, parts);
}

/** Takes up a stream that ended before the answer, from the last event that came (2025-11-25 transports, resumability). */
async function resume(carried: Carried, parts: CarryParts): Promise<void> {
  for (let failures = 0; failures < RESUMES_MAX && !carried.isAnswered && !carried.signal.aborted; ) {
    await Bun.sleep(Math.min(carried.place.retryMs ?? RESUME_MS, RESUME_MS_MAX));
    const before = carried.place.eventId ?? '';
    const headers = { ...parts.session.headers(), accept: 'text/event-stream', 'last-event-id': before };
    try {
      const response = await parts.door.send({ method: 'GET', headers }, carried.signal);
      if (!response.ok) return;
      await relay(response, carried, parts);
    } catch (fault) {
      if (carried.signal.aborted) throw fault;
    }
    failures = carried.place.eventId === before ? failures + 1 : 0;
  }
}

/** Passes a response on as it comes. A refusal is short and given back instead, for the caller to look at. */
async function relay(
  response: Response, carried: Carried, parts: CarryParts, swallow: (answer: Answered) => boolean = () => false,
): Promise<readonly Answered[]> {
  const refused: Answered[] = [];
  const at = (place: Place): void => {
    carried.place = { eventId: place.eventId ?? carried.place.eventId, retryMs: place.retryMs ?? carried.place.retryMs };
  };
  try {
    await readAnswer(response, (answer) => {
      if (swallow(answer)) return;
      if (response.ok) tell(answer, carried, parts);
      else refused.push(answer);
    }, at);
  } catch (fault) {
    // A stream that broke off can be taken up where it has ids; everything else of a broken response is a fault.
    if (carried.signal.aborted || carried.place.eventId === undefined) throw fault;
  }
  if (!response.ok && refused.length === 0 && !carried.isAnswered) {
    throw new SallyportError('ERR_UPSTREAM_STATUS', `the gate answered with HTTP ${response.status} and no message`);
  }
  return refused;
}

function tell({ line, message }: Answered, carried: Carried, { out, note }: Outlet): void {
  const { said } = carried;
  const id: Json | undefined = message?.['id'];
  const isError = errorIn(message) !== undefined;
  if (isError && said.kind !== 'request') return note(`The gate refused ${said.method ?? 'an answer'}: ${describe(message)}`);
  if (message?.['method'] === ACKNOWLEDGED) {
    if (carried.isAcknowledged) return;
    carried.isAcknowledged = true;
  }
  if (isError && id === null && message !== undefined) {
    // Refused before its id was read; the client waits for this one.
    carried.isAnswered = true;
    return out(JSON.stringify({ ...message, id: said.id ?? null }));
  }
  if (message?.['method'] === undefined && id === said.id) carried.isAnswered = true;
  out(line);
}

function describe(message: JsonObject | undefined): string {
  return JSON.stringify(message?.['error'] ?? null);
}
