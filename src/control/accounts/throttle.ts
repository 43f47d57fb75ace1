import { createHash } from 'node:crypto';
import type { SharedState } from '../../domain/state.ts';
import { networkOf } from '../../identity/network-of.ts';

/** So many wrong ones are a person who tries; from then on each further one waits twice as long as the last. */
const FREE_TRIES = { account: 5, address: 30 } as const;
const WAIT_MS = 30_000;
const WAIT_MS_MAX = 15 * 60_000;
const MEMORY_MS = 60 * 60_000;

/** Who tries, as far as it is known before anything is checked. */
export interface Trier {
  /** What identifies the account that is tried, whether or not there is one. */
  readonly account: string;
  readonly address: string;
  /** The browser's mark of an earlier sign-in to this very account: strangers' tries don't lock its owner out. */
  readonly device?: string;
}

export interface Try {
  readonly allowed: boolean;
  /** How long to wait before the next one makes sense. */
  readonly retryMs: number;
  /** Forgets the wrong ones before it. */
  succeeded(): Promise<void>;
}

/**
 * Counts a try before it is made, in state that all replicas share: a hundred at once are a hundred, not one. When it is
 * one too many it may only be made if the last wait is over. Throws `ERR_STORE_UNAVAILABLE`: then nobody signs in.
 */
export async function beginTry(state: SharedState, trier: Trier): Promise<Try> {
  const account = `sign-in/account/${digest(trier.device === undefined ? trier.account : `${trier.account}\n${trier.device}`)}`;
  const address = `sign-in/address/${digest(networkOf(trier.address))}`;
  const waits = [await countTry(state, account, FREE_TRIES.account), await countTry(state, address, FREE_TRIES.address)];
  const retryMs = Math.max(...waits);
  return {
    allowed: retryMs === 0, retryMs,
    succeeded: async () => {
      // The address keeps its count: an attacker with one account of their own could clear it as often as they like.
      await state.delete(account);
    },
  };
}

/** 0 when this one may be made. */
async function countTry(state: SharedState, key: string, free: number): Promise<number> {
  const tries = await state.increment(key, 1, MEMORY_MS);
  if (tries <= free) return 0;
  const waitMs = Math.min(WAIT_MS * 2 ** Math.min(tries - free - 1, 20), WAIT_MS_MAX);
  return await state.setIfAbsent(`${key}/wait`, '', waitMs) ? 0 : waitMs;
}

/** What people type as a name may be a password: it is nowhere kept as it is. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
