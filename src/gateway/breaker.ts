import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Objection } from './enforce.ts';

/** One circuit per server, at each replica: a server that only fails is left alone for a while. */
export interface Breakers extends Upstream {
  /** Why nothing is asked of this server now; undefined when it is. */
  objection(exchange: Exchange): Objection | undefined;
}

interface Circuit {
  /** Failures without a success between them, and when the first of them was. */
  readonly failures: number;
  readonly since: number;
  /** Epoch ms until which it is open; 0: closed. Then it is half open: one call is let through, and what becomes of it decides. */
  readonly openUntil: number;
  readonly isTried: boolean;
}

const CLOSED: Circuit = { failures: 0, since: 0, openUntil: 0, isTried: false };

export function createBreakers(upstream: Upstream, now: () => number = Date.now): Breakers {
  const circuits = new Map<string, Circuit>();
  const waitMs = (exchange: Exchange): number => {
    const { openUntil, isTried } = circuits.get(keyOf(exchange)) ?? CLOSED;
    if (openUntil === 0) return 0;
    return isTried ? exchange.snapshot.limits.breaker.openMs : Math.max(0, openUntil - now());
  };
  const failed = (exchange: Exchange): void => {
    const { failures, windowMs, openMs } = exchange.snapshot.limits.breaker;
    const at = now();
    const before = circuits.get(keyOf(exchange)) ?? CLOSED;
    const isNew = before.openUntil === 0 && at - before.since > windowMs;
    const count = isNew ? 1 : before.failures + 1;
    const opens = before.openUntil > 0 || count >= failures;
    circuits.set(keyOf(exchange), { failures: count, since: isNew ? at : before.since, openUntil: opens ? at + openMs : 0, isTried: false });
  };
  return {
    objection(exchange) {
      const wait = isExempt(exchange) ? 0 : waitMs(exchange);
      return wait === 0 ? undefined : { ...OPEN, data: { retryAfterMs: wait } };
    },
    async *send(permit, exchange, signal) {
      if (isExempt(exchange)) {
        yield* upstream.send(permit, exchange, signal);
        return;
      }
      const wait = waitMs(exchange);
      if (wait > 0) throw new SallyportError(OPEN.code, OPEN.reason, { remedy: OPEN.remedy, dispatched: false, data: { retryAfterMs: wait } });
      const before = circuits.get(keyOf(exchange));
      const isTrial = before !== undefined && before.openUntil > 0;
      if (isTrial) circuits.set(keyOf(exchange), { ...before, isTried: true });
      let isHeard = false;
      try {
        for await (const answer of upstream.send(permit, exchange, signal)) {
          if (!isHeard) circuits.delete(keyOf(exchange));
          isHeard = true;
          yield answer;
        }
      } catch (fault) {
        if (!isHeard && isFailure(fault, signal)) failed(exchange);
        throw fault;
      } finally {
        // A trial that proved nothing, because its client went away, leaves it to the next.
        const after = circuits.get(keyOf(exchange));
        if (isTrial && after?.isTried === true) circuits.set(keyOf(exchange), { ...after, isTried: false });
      }
    },
  };
}

const OPEN = {
  code: 'ERR_CIRCUIT_OPEN', reason: 'The server failed again and again, and is left alone for a moment.', remedy: 'Try again later.',
} as const satisfies Objection;

/**
 * The server's own failures. What one call of many made it say (a status of 4xx, an answer that breaks the protocol) is not
 * counted against all; and a local server's end is the runner's to judge, which holds back what crashes and whose own restart
 * must not look like the server's failure.
 */
const FAILURES: ReadonlySet<string> = new Set([
  'ERR_UPSTREAM_UNREACHABLE', 'ERR_UPSTREAM_TIMEOUT', 'ERR_UPSTREAM_TLS', 'ERR_UPSTREAM_CLOSED', 'ERR_DEADLINE',
]);

function isFailure(fault: unknown, signal: AbortSignal): boolean {
  // What ended our side of it is the fault then; only the deadline says something of the server.
  const told: unknown = signal.aborted ? signal.reason : fault;
  if (!(told instanceof SallyportError)) return false;
  if (signal.aborted) return told.code === 'ERR_DEADLINE';
  return FAILURES.has(told.code) || (told.code === 'ERR_UPSTREAM_STATUS' && told.internal?.startsWith('status 5') === true);
}

/** A toolset as a whole reaches nothing; and the registry has to find out when a server is back. */
function isExempt({ members, principal }: Exchange): boolean {
  return members !== undefined || principal.id === REGISTRY_PRINCIPAL_ID;
}

function keyOf({ server }: Exchange): string {
  return `${server.space}/${server.id}`;
}
