import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { readStandingLimits } from '../manifest/limits.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Sign } from './schema.ts';

/**
 * `here`: control knows all that it ever gave out. `away`: it may keep something here and there until it is heard of. `gone`: its
 * lease has ended, so that it gives nothing out any more, and what it kept may never come.
 */
export type Standing = 'here' | 'away' | 'gone';

/** Which gateways may have given out what control does not know of (docs/decisions/0016-flow-without-control.md). */
export interface Presence {
  /** Answers a sign of life with the token that the next one is to bring. Throws `ERR_LIMIT_CONTEXTS`. */
  sign(rows: Rows, sign: Sign): Promise<string>;
  /** Known from now on, until it says goodbye. Whoever is given anything is. Throws `ERR_LIMIT_CONTEXTS`. */
  register(rows: Rows, gateway: string): Promise<void>;
  standing(rows: Rows, gateway: string): Promise<Standing>;
  /** It follows control now; the function ends that, and nothing of what it follows by when it said goodbye and came back. */
  follows(gateway: string): () => void;
  /** It was handed a lease that ends then (epoch ms). */
  leased(gateway: string, expiresAt: number): void;
}

/** One that measures intervals, and is not set back; one that goes on while a machine sleeps. */
export interface Clocks {
  readonly steady: () => number;
  readonly wall: () => number;
}

/** What clocks of different machines may be apart, and an answer be on its way. */
const LEASE_MARGIN_MS = 10_000;

interface Heard {
  token?: string;
  /** When that token was given. */
  given: Moment;
  /** When the last token was given that came back: until then nothing is missing. */
  clean?: Moment;
  follows: number;
  leasedUntil: number;
  /** Its row is there: it is not looked for again. */
  isKept?: true;
}
type Moment = readonly [steady: number, wall: number];

/** `leaseMs`: how long leases are that an earlier control process may have given. */
export function createPresence(leaseMs: number, clocks: Clocks = { steady: () => performance.now(), wall: Date.now }): Presence {
  const began = clocks.wall();
  const heard = new Map<string, Heard>();
  const now = (): Moment => [clocks.steady(), clocks.wall()];
  const of = (gateway: string): Heard => {
    const known = heard.get(gateway) ?? { given: now(), follows: 0, leasedUntil: began + leaseMs };
    heard.set(gateway, known);
    return known;
  };
  const isHere = (gateway: string): boolean => {
    const clean = heard.get(gateway)?.clean;
    const [steady, wall] = now();
    return clean !== undefined && Math.max(steady - clean[0], wall - clean[1]) < LIMITS.flowVouchMs;
  };
  const isGone = (gateway: string, forMs = 0): boolean => {
    const { follows, leasedUntil } = of(gateway);
    return follows === 0 && clocks.wall() > leasedUntil + LEASE_MARGIN_MS + forMs;
  };
  const register = async (rows: Rows, gateway: string): Promise<void> => {
    if (heard.get(gateway)?.isKept === true) return;
    if (await findStored(rows, 'gateway', DEFAULT_SPACE, gateway) === undefined) {
      const all = await listStored(rows, 'gateway', DEFAULT_SPACE);
      if (all.length >= LIMITS.flowGatewaysMax && !(await forget(rows, all.map(({ id }) => id)))) {
        throw new SallyportError('ERR_LIMIT_CONTEXTS', 'so many gateways went without a goodbye', { remedy: 'Give gateways a folder that outlives them.' });
      }
      await putStored(rows, 'gateway', DEFAULT_SPACE, gateway, { since: clocks.wall() }, 'gateway');
    }
    of(gateway).isKept = true;
  };
  /** Of contexts that they have seen nothing is left that is not lost already, or has idled away. */
  const forget = async (rows: Rows, gateways: readonly string[]): Promise<boolean> => {
    const { contextIdleMs } = await readStandingLimits(rows);
    const old = gateways.filter((one) => isGone(one, contextIdleMs));
    for (const one of old) {
      await rows.delete('gateway', DEFAULT_SPACE, one, { by: 'gateway' });
      heard.delete(one);
    }
    return old.length > 0;
  };
  return {
    register,
    async sign(rows, { gateway, token, leaves }) {
      if (leaves === true) {
        heard.delete(gateway);
        await rows.delete('gateway', DEFAULT_SPACE, gateway, { by: 'gateway' });
        return randomUUID();
      }
      // Nothing is remembered of whom there is no room for.
      await register(rows, gateway);
      const known = of(gateway);
      if (token !== undefined && token === known.token) known.clean = known.given;
      known.given = now();
      known.token = randomUUID();
      return known.token;
    },
    async standing(rows, gateway) {
      if (isHere(gateway)) return 'here';
      // Whoever said goodbye had nothing left to tell.
      if (await findStored(rows, 'gateway', DEFAULT_SPACE, gateway) === undefined) return 'here';
      return isGone(gateway) ? 'gone' : 'away';
    },
    follows(gateway) {
      const known = of(gateway);
      known.follows += 1;
      return () => {
        known.follows -= 1;
      };
    },
    leased(gateway, expiresAt) {
      of(gateway).leasedUntil = Math.max(of(gateway).leasedUntil, expiresAt);
    },
  };
}
