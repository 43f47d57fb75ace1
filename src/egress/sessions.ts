import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { ServerName } from './permission.ts';

/** A process of a local server that is about to start, as the runner announces it. */
export interface Admission extends ServerName {
  /** Names the process, and its folder. */
  readonly id: string;
  /** Random, made by the runner; handed to the process alone. */
  readonly ticket: string;
}

/** One process: its ticket is worth one session, and that ends with the connection that it was opened by. */
export interface Session extends ServerName {
  readonly id: string;
  /** Takes the ticket, once, and gives the secret that further connections bring. Throws `ERR_EGRESS_TICKET`. */
  open(ticket: string): string;
  /** Whether `secret` is what `open` gave, and the session goes on. */
  holds(secret: string): boolean;
  /** Whether this is the same announcement again, after the runner lost sight of egress. */
  isOf(admission: Admission): boolean;
  /** Counts a new connection, or a name that was asked for in vain. Throws `ERR_EGRESS_LIMIT`. */
  take(now: number): void;
  /** Nothing more is opened by it. */
  end(): void;
}

const MINUTE_MS = 60_000;

export function createSession({ id, space, server, ticket }: Admission): Session {
  const ticketHash = hash(ticket);
  let secretHash: Buffer | undefined;
  let state: 'announced' | 'open' | 'ended' = 'announced';
  let window = { since: 0, count: 0 };
  return {
    id, space, server,
    open(given) {
      if (state !== 'announced' || !timingSafeEqual(hash(given), ticketHash)) throw refused();
      state = 'open';
      const secret = randomBytes(32).toString('base64url');
      secretHash = hash(secret);
      return secret;
    },
    holds: (secret) => state === 'open' && secretHash !== undefined && timingSafeEqual(hash(secret), secretHash),
    isOf: (admission) => admission.space === space && admission.server === server && timingSafeEqual(hash(admission.ticket), ticketHash),
    take(now) {
      if (now - window.since >= MINUTE_MS) window = { since: now, count: 0 };
      window.count += 1;
      if (window.count > LIMITS.egressConnectionsPerMinuteMax) throw new SallyportError('ERR_EGRESS_LIMIT', 'The server asks for too many connections.');
    },
    end() {
      state = 'ended';
    },
  };
}

function refused(): SallyportError {
  return new SallyportError('ERR_EGRESS_TICKET', 'The ticket is not one of this process, or was used before.');
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
