import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { SharedState } from '../domain/state.ts';

/**
 * From which network zone each bearer token was first used. A token that nothing binds to its holder is refused from
 * another zone (RFC 9470): whoever took it would have to sign in.
 */
export interface Zones {
  /**
   * Throws, or rejects with, ERR_TOKEN_ZONE; ERR_STORE_UNAVAILABLE when the shared memory can't be asked. A promise only for
   * a token that is new to this replica. `credential` is the digest of its id, never the token.
   */
  check(space: string, credential: string, zone: string, expiresAt: number, now: number): void | Promise<void>;
}

export function createZones(state: SharedState): Zones {
  const known = new Map<string, string>();
  return {
    check(space, credential, zone, expiresAt, now) {
      const key = `${space}/token-zone/${credential}`;
      const first = known.get(key);
      if (first !== undefined) return compare(first, zone);
      return firstZone(state, key, zone, Math.max(1, Math.ceil(expiresAt - now))).then((found) => {
        if (known.size >= LIMITS.verifiedTokensMax) known.clear();
        known.set(key, found);
        compare(found, zone);
      });
    },
  };
}

function compare(first: string, zone: string): void {
  if (first === zone) return;
  throw new SallyportError('ERR_TOKEN_ZONE', 'This token was first used from another network.', {
    remedy: 'Sign in again from here, or use a token that is bound to a key (DPoP).',
  });
}

async function firstZone(state: SharedState, key: string, zone: string, ttlMs: number): Promise<string> {
  if (await state.setIfAbsent(key, zone, ttlMs)) return zone;
  return (await state.get(key)) ?? zone;
}
