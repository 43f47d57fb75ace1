import { pause } from '../roles/pause.ts';
import { errorIn, readAnswer, type Answered } from './stdio-answer.ts';
import type { CarryParts } from './stdio-carry.ts';

const RECONNECT_MS = 1_000;
const RECONNECT_MS_MAX = 30_000;
const SESSION_UNKNOWN = -32001;

/**
 * The legacy stream of what the server says unasked (2025-11-25 transports, listening): taken up again when it ends, from
 * the last event that came. Resolves when the signal aborts, or when the server has no such stream.
 */
export async function listen({ door, session, out }: CarryParts, signal: AbortSignal): Promise<void> {
  let waitMs = RECONNECT_MS;
  let lastEventId: string | undefined;
  while (!signal.aborted) {
    const lost = session.id;
    try {
      const headers = { ...session.headers(), accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
      const response = await door.send({ method: 'GET', headers }, signal);
      if (response.ok) {
        waitMs = RECONNECT_MS;
        let isLost = false;
        const pass = ({ line, message }: Answered): void => {
          const error = errorIn(message);
          // Why the gate ends this stream (its session, its token) is between the gate and us: the client asked for nothing.
          if (error !== undefined && message?.['id'] === null) isLost ||= error.rpcCode === SESSION_UNKNOWN;
          else out(line);
        };
        await readAnswer(response, pass, ({ eventId, retryMs }) => {
          lastEventId = eventId ?? lastEventId;
          waitMs = retryMs ?? waitMs;
        });
        if (isLost) {
          lastEventId = undefined;
          await session.reopen(lost, signal);
        }
      } else {
        const isLost = response.status === 404 && (await isSessionUnknown(response));
        if ([400, 404, 405].includes(response.status) && !(isLost && (await session.reopen(lost, signal)))) return;
        lastEventId = undefined;
      }
    } catch {
      waitMs = Math.min(waitMs * 2, RECONNECT_MS_MAX);
    }
    await pause(Math.min(waitMs, RECONNECT_MS_MAX), signal);
  }
}

async function isSessionUnknown(response: Response): Promise<boolean> {
  let isUnknown = false;
  await readAnswer(response, ({ message }) => {
    isUnknown = errorIn(message)?.rpcCode === SESSION_UNKNOWN;
  });
  return isUnknown;
}
