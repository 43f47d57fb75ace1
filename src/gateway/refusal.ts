import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import { TRANSPORT_METHODS, type ErrorMessage, type Message, type Revision } from '../domain/message.ts';
import type { Denial } from '../domain/verdict.ts';
import { refusalOf, type Refused } from '../mcp/ladder.ts';

/** What a client sees of a denial: why, how to ask, and the exchange id; of a hidden item, that there is none (invariant 7). */
export function refusal(denial: Denial, said: Message, exchange: Exchange): ErrorMessage {
  const { code, reason, remedy, data } = denial;
  const refused: Refused = denial.hidden ? nothingThere(exchange) : { code, message: reason, remedy, data: { ...data, help: helpFor(exchange) } };
  return refusalTo(refused, idOf(said), said.revision, exchange.id);
}

/** Where whoever it concerns asks for access, or says that the denial was wrong: a page, or where there is none a command. */
function helpFor({ id, space, snapshot }: Exchange): string {
  const control = snapshot.issuers.find(({ embedded }) => embedded)?.issuer;
  return control === undefined ? `sallyport approve request ${id}` : `${control}/denials/${id}${space === DEFAULT_SPACE ? '' : `?space=${space}`}`;
}

function nothingThere(exchange: Exchange): Refused {
  return exchange.call.resource.kind === 'server' ? NO_SERVER : { code: 'ERR_TOOL_UNKNOWN', message: '' };
}

const NO_SERVER: Refused = { code: 'ERR_SERVER_UNKNOWN', message: 'There is no such server or toolset here.', remedy: 'Check the name in the address.' };

/** What a client sees of a fault. */
export function refusalOfFault(fault: SallyportError, said: Message | undefined, id: string): ErrorMessage {
  const origin = said === undefined ? fault.origin : { id: idOf(said), revision: said.revision };
  const refused = fault.code === 'ERR_SERVER_UNKNOWN' ? NO_SERVER : fault;
  return refusalTo(refused, origin?.id ?? null, origin?.revision ?? '2025-11-25', id);
}

/** Where there is no request to answer, the HTTP status alone must say it. */
function refusalTo(refused: Refused, id: ErrorMessage['id'], revision: Revision, exchange: string): ErrorMessage {
  return refusalOf(refused, { id, revision, exchange, transport: id === null });
}

const TRANSPORT: ReadonlySet<string> = new Set(Object.values(TRANSPORT_METHODS));

/** The id of what is answered; a response, a notification, GET and DELETE have none to answer to. */
function idOf(said: Message): ErrorMessage['id'] {
  return said.kind === 'request' && !TRANSPORT.has(said.method) ? said.id : null;
}

/** Whatever was thrown, as a fault with a code. What ended the signal is the reason, whichever error the abort surfaced as. */
export function faultOf(thrown: unknown, signal: AbortSignal): SallyportError {
  if (signal.aborted && signal.reason instanceof SallyportError) return signal.reason;
  if (thrown instanceof SallyportError) return thrown;
  if (signal.aborted) return new SallyportError('ERR_UPSTREAM_CLOSED', 'The client went away.');
  const internal = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'not an error';
  return new SallyportError('ERR_INTERNAL', 'The gate failed on this request.', { internal, cause: thrown });
}
