import { SallyportError, type ErrorCode } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import type { Principal } from '../domain/principal.ts';
import { STANDING_LIMITS, type StandingLimits } from '../domain/standing.ts';
import { networkOf } from '../identity/network-of.ts';
import { rungOf } from '../mcp/ladder.ts';

/** Denials have a budget of their own, at each replica: who is refused again and again finds out slowly what is there. */
export interface Probing {
  /**
   * Who calls, by `identify`. Throws ERR_LIMIT_DENIALS for a caller that was refused too often; for a stranger in place of
   * what `identify` throws. An address that spent its budget holds up nobody else behind it who is known.
   */
  admit(inbound: Pick<Inbound, 'address' | 'internal'>, identify: () => Principal | Promise<Principal>): Promise<Principal>;
  /** A known caller was refused. */
  refused(principal: Principal, code: ErrorCode): void;
}

const MINUTE_MS = 60_000;
const REMEMBERED_MAX = 20_000;

/** What says nothing of the caller's intent: switches, servers that changed, what only asks for a proof, a token or patience. */
const BLAMELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_KILLED', 'ERR_PIN_DRIFT', 'ERR_PIN_UNVERIFIED', 'ERR_SERVER_QUARANTINED', 'ERR_SERVER_NOT_APPROVED', 'ERR_RATE_LIMITED',
  'ERR_LIMIT_DENIALS', 'ERR_LIMIT_CONTEXTS', 'ERR_LIMIT_OPEN_EXCHANGES', 'ERR_TOKEN_MISSING', 'ERR_PROOF_NONCE',
]);

export function createProbing(limits: () => StandingLimits | undefined, now: () => number = Date.now): Probing {
  const callers = createBuckets(() => (limits() ?? STANDING_LIMITS).denialsPerMinute, now);
  const strangers = createBuckets(() => (limits() ?? STANDING_LIMITS).strangerDenialsPerMinute, now);
  return {
    async admit({ address, internal }, identify) {
      let principal: Principal;
      try {
        principal = await identify();
      } catch (fault) {
        if (!(fault instanceof SallyportError) || !isBlamed(fault.code)) throw fault;
        const network = networkOf(address);
        const waitMs = strangers.waitMs(network);
        if (waitMs > 0) throw tooMany(waitMs);
        strangers.take(network);
        throw fault;
      }
      const waitMs = internal === undefined ? callers.waitMs(keyOf(principal)) : 0;
      if (waitMs > 0) throw tooMany(waitMs, principal.id);
      return principal;
    },
    refused(principal, code) {
      if (isBlamed(code)) callers.take(keyOf(principal));
    },
  };
}

/** What broke on our side or the server's is nobody's probing. */
function isBlamed(code: ErrorCode): boolean {
  return !BLAMELESS.has(code) && rungOf(code, 'modern', true).httpStatus < 500;
}

function keyOf({ space, id, agent }: Principal): string {
  return JSON.stringify([space, id, agent]);
}

function tooMany(waitMs: number, principal?: string): SallyportError {
  return new SallyportError('ERR_LIMIT_DENIALS', 'Too many requests were refused.', {
    remedy: 'Wait, and ask only for what is listed.', data: { retryAfterMs: waitMs },
    ...(principal === undefined ? {} : { internal: principal }),
  });
}

interface Buckets {
  take(key: string): void;
  /** Until there is room for one more; 0: there is. */
  waitMs(key: string): number;
}

/** Token buckets that hold a minute's worth and fill as fast; of those that are full nothing is remembered. */
function createBuckets(perMinute: () => number, now: () => number): Buckets {
  const spent = new Map<string, { readonly count: number; readonly at: number }>();
  const left = (key: string): number => {
    const { count, at } = spent.get(key) ?? { count: 0, at: 0 };
    return Math.max(0, count - ((now() - at) / MINUTE_MS) * perMinute());
  };
  return {
    take(key) {
      const count = left(key) + 1;
      spent.delete(key);
      if (spent.size >= REMEMBERED_MAX) forgetOldest(spent);
      spent.set(key, { count, at: now() });
    },
    waitMs(key) {
      const over = left(key) + 1 - perMinute();
      return over <= 0 ? 0 : Math.ceil((over / perMinute()) * MINUTE_MS);
    },
  };
}

function forgetOldest(spent: Map<string, unknown>): void {
  const [oldest] = spent.keys();
  if (oldest !== undefined) spent.delete(oldest);
}
