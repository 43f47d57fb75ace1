import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { pause } from '../roles/pause.ts';
import type { GateDoor } from './gate-door.ts';
import { carry, type CarryParts, type Outlet } from './stdio-carry.ts';
import { readLines } from './stdio-lines.ts';
import { listen } from './stdio-listen.ts';
import { errorLine, readSaid, type Said } from './stdio-message.ts';
import { createLegacySession } from './stdio-session.ts';

/** The stdio side of the gate: one MCP client that launches commands, of either era, as an HTTP client of the gate. */
export interface StdioBridge {
  /** Carries messages until `input` ends or the signal aborts; then what is open ends. */
  run(input: AsyncIterable<Uint8Array | string>, signal: AbortSignal): Promise<void>;
}

export interface StdioBridgeOptions extends Outlet {
  readonly door: GateDoor;
}

/** What is nearly done when the client leaves may still be said; a second is all it gets. */
const GRACE_MS = 1_000;
const PARSE_ERROR = -32700;

interface Call {
  readonly isModern: boolean;
  /** Open until somebody ends it. */
  readonly isStream: boolean;
  readonly controller: AbortController;
}

export function createStdioBridge({ door, out, note }: StdioBridgeOptions): StdioBridge {
  const session = createLegacySession(door);
  const parts: CarryParts = { door, session, out, note };
  const calls = new Map<Json, Call>();
  const ending = new AbortController();
  let isListening = false;
  let isModernClient = false;

  const post = async (said: Said): Promise<void> => {
    const controller = new AbortController();
    const isModern = said.claimed !== undefined;
    const key = said.kind === 'request' ? (said.id ?? null) : undefined;
    if (key !== undefined) calls.set(key, { isModern, isStream: said.method === 'subscriptions/listen', controller });
    isModernClient ||= isModern;
    try {
      await carry(said, AbortSignal.any([controller.signal, ending.signal]), parts);
    } finally {
      if (key !== undefined && calls.get(key)?.controller === controller) calls.delete(key);
    }
    if (said.method === 'notifications/initialized' && !isListening) {
      isListening = true;
      void listen(parts, ending.signal);
    }
  };

  return {
    async run(input, signal) {
      const onAbort = (): void => ending.abort();
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      const open = new Set<Promise<void>>();
      for await (const line of readLines(input, LIMITS.bodyBytesMax, ending.signal)) {
        const said = 'text' in line ? readSaid(line.text) : undefined;
        if (said === undefined) {
          out('text' in line ? errorLine(null, { code: 'ERR_JSON_INVALID', message: 'a line is not JSON', remedy: undefined }, PARSE_ERROR) : tooLong());
          continue;
        }
        const cancelled = cancelledBy(said, calls);
        // Over HTTP a modern call is cancelled by ending its response; on stdio the client says it in words.
        if (cancelled?.isModern === true) {
          cancelled.controller.abort();
          continue;
        }
        const call = post(asModern(said, isModernClient && session.id === undefined)).then(() => cancelled?.controller.abort());
        open.add(call);
        void call.finally(() => open.delete(call));
        // The session's id has to be known before anything that belongs to the session is sent.
        if (said.method === 'initialize' || said.method === 'notifications/initialized') await call;
      }
      for (const { controller, isStream } of calls.values()) if (isStream) controller.abort();
      await Promise.race([Promise.all(open), pause(GRACE_MS, ending.signal)]);
      ending.abort();
      await session.close(AbortSignal.timeout(GRACE_MS));
      signal.removeEventListener('abort', onAbort);
    },
  };
}

function cancelledBy({ message, method }: Said, calls: ReadonlyMap<Json, Call>): Call | undefined {
  const params = message?.['params'];
  if (method !== 'notifications/cancelled' || !isObject(params)) return undefined;
  return calls.get(params['requestId'] ?? null);
}

/** A notification has no envelope, so its era is that of its client. */
function asModern(said: Said, isModernClient: boolean): Said {
  return said.kind === 'notification' && isModernClient && said.claimed === undefined ? { ...said, claimed: '2026-07-28' } : said;
}

function tooLong(): string {
  const message = `a message has at most ${LIMITS.bodyBytesMax} bytes`;
  return errorLine(null, new SallyportError('ERR_BODY_TOO_LARGE', message, { remedy: 'Send less in one message.' }));
}
