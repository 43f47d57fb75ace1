import { isObject, type JsonObject } from '../domain/json.ts';
import type { GateDoor } from './gate-door.ts';
import { readAnswer } from './stdio-answer.ts';
import { legacyHeaders, type Said } from './stdio-message.ts';

/**
 * The legacy session with the gate. A client that launches commands knows of none: when the gate or a server has lost it,
 * it is opened anew here, with the client's own `initialize`, and what was refused for want of it is sent again.
 */
export interface LegacySession {
  headers(method?: string): Record<string, string>;
  readonly id: string | undefined;
  /** What `initialize` was answered with. */
  opened(said: Said, response: Response): (answer: JsonObject) => void;
  /** Once for all that ask; false when it can't be. `lost`: the session that was refused. */
  reopen(lost: string | undefined, signal: AbortSignal): Promise<boolean>;
  close(signal: AbortSignal): Promise<void>;
}

const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

export function createLegacySession(door: GateDoor): LegacySession {
  let id: string | undefined;
  let revision: string | undefined;
  let initialize: Said | undefined;
  let reopening: Promise<boolean> | undefined;

  const opened: LegacySession['opened'] = (said, response) => {
    id = response.headers.get('mcp-session-id') ?? id;
    return (answer) => {
      const agreed = versionIn(answer);
      if (agreed === undefined) return;
      revision = agreed;
      initialize = said;
    };
  };
  const openAgain = async (signal: AbortSignal): Promise<boolean> => {
    if (initialize === undefined) return false;
    const response = await door.send({ method: 'POST', headers: legacyHeaders(undefined, undefined), body: initialize.line }, signal);
    let agreed: string | undefined;
    await readAnswer(response, ({ message }) => {
      agreed = versionIn(message) ?? agreed;
    });
    if (agreed === undefined) return false;
    const fresh = response.headers.get('mcp-session-id') ?? undefined;
    await (await door.send({ method: 'POST', headers: legacyHeaders(fresh, agreed), body: INITIALIZED }, signal)).body?.cancel();
    // Only now: what is sent meanwhile under the lost session is refused, and waits for this one.
    [id, revision] = [fresh, agreed];
    return true;
  };
  return {
    headers: (method) => (method === 'initialize' ? legacyHeaders(undefined, undefined) : legacyHeaders(id, revision)),
    get id() {
      return id;
    },
    opened,
    async reopen(lost, signal) {
      if (id !== undefined && id !== lost) return true;
      reopening ??= openAgain(signal).finally(() => {
        reopening = undefined;
      });
      return reopening;
    },
    async close(signal) {
      if (id === undefined) return;
      await door.send({ method: 'DELETE', headers: legacyHeaders(id, revision) }, signal).catch(() => undefined);
    },
  };
}

/** The revision that an answer to `initialize` agrees on. */
function versionIn(answer: JsonObject | undefined): string | undefined {
  const result = answer?.['result'];
  const version = isObject(result) ? result['protocolVersion'] : undefined;
  return typeof version === 'string' ? version : undefined;
}
