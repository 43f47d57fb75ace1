import { createHash } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { Session } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Revision } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import type { SharedState } from '../domain/state.ts';
import type { Seal } from './seal.ts';

/**
 * Legacy sessions (`MCP-Session-Id`, 2025-11-25 basic/transports). Same-era sessions cost us no memory: the id is a
 * sealed box over the upstream's id, bound to principal, agents and server. What is remembered is that one was ended.
 */
export interface Sessions {
  /** Seals what `initialize` made into the id that the client gets. Throws ERR_PARAMS_INVALID when that would be too long. */
  issue(principal: Principal, target: string, made: Omit<Session, 'key'>, now: number): string;
  /** Throws ERR_SESSION_UNKNOWN (404: the client starts anew) for another's, an ended or an outlived session. */
  open(principal: Principal, target: string, sealed: string, now: number): Promise<Session>;
  /** Remembers the end, for every replica, for as long as the id could still be opened. */
  end(space: string, session: Session): Promise<void>;
}

interface Sealed {
  readonly u?: string;
  readonly r: Revision;
  readonly c: JsonObject;
  readonly i: JsonObject;
  readonly t: number;
}

/** A session that was opened, and when it was last known not to be ended. */
interface Opened {
  readonly session: Session;
  readonly issuedAt: number;
  aliveAt: number;
}

/** How long a verdict "not ended" of the shared state is believed; an ended upstream session refuses by itself meanwhile. */
const BELIEF_MS = 1_000;

export function createSessions(seal: Seal, state: SharedState): Sessions {
  // By binding and sealed id, so that a remembered session is as little another principal's as one that is opened anew.
  const known = new Map<string, Opened>();
  const unseal = (bound: string, sealed: string): Opened | undefined => {
    const text = sealed.length > LIMITS.sessionIdBytesMax ? undefined : seal.open(bound, sealed);
    if (text === undefined) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what opens was sealed below, by our own key
    const box = JSON.parse(text) as Sealed;
    const key = createHash('sha256').update(sealed).digest('base64url').slice(0, 22);
    const upstream = box.u === undefined ? {} : { upstream: box.u };
    return { session: { key, ...upstream, revision: box.r, capabilities: box.c, clientInfo: box.i, openedAt: box.t }, issuedAt: box.t, aliveAt: 0 };
  };
  return {
    issue(principal, target, made, now) {
      const box: Sealed = {
        ...(made.upstream === undefined ? {} : { u: made.upstream }),
        r: made.revision,
        c: made.capabilities,
        i: made.clientInfo,
        t: now,
      };
      const sealed = seal.seal(binding(principal, target), JSON.stringify(box));
      if (sealed.length <= LIMITS.sessionIdBytesMax) return sealed;
      // Otherwise the session would begin well and then be unknown to us for ever.
      const remedy = 'Declare fewer capabilities, and less of the client.';
      throw new SallyportError('ERR_PARAMS_INVALID', 'This session does not fit a session id.', { remedy });
    },
    async open(principal, target, sealed, now) {
      const bound = binding(principal, target);
      const place = `${bound} ${sealed}`;
      const opened = known.get(place) ?? unseal(bound, sealed);
      if (opened === undefined || now - opened.issuedAt > LIMITS.sessionMaxMs) throw unknown();
      if (now - opened.aliveAt > BELIEF_MS) {
        if ((await state.get(endedKey(principal.space, opened.session.key))) !== undefined) throw unknown();
        if (known.size >= LIMITS.openExchangesMax) known.clear();
        opened.aliveAt = now;
        known.set(place, opened);
      }
      return opened.session;
    },
    async end(space, session) {
      await state.set(endedKey(space, session.key), '1', LIMITS.sessionMaxMs);
      // Forgotten after the end is known: a call in between would have had it remembered as alive again.
      for (const [place, opened] of known) if (opened.session.key === session.key) known.delete(place);
    },
  };
}

/** Whose session it is; the sealed id opens for nobody else. */
function binding({ space, id, agent, actors }: Principal, target: string): string {
  return JSON.stringify(['session', space, target, id, agent, actors]);
}

function endedKey(space: string, key: string): string {
  return `${space}/session-ended/${key}`;
}

function unknown(): SallyportError {
  return new SallyportError('ERR_SESSION_UNKNOWN', 'This session is not known.', { remedy: 'Send initialize again, without a session id.' });
}
