import type { Inbound } from '../domain/inbound.ts';
import type { Principal } from '../domain/principal.ts';
import { authenticate } from '../identity/authenticate.ts';
import { audienceOf } from './doors.ts';
import type { InForce } from './in-force.ts';

/** What of an HTTP exchange says who calls. */
export type Caller = Pick<Inbound, 'headers' | 'route' | 'receivedAt' | 'internal'>;

/** Who calls: the bearer of a token, or a workload of our own whose request never was on a network. */
export function identify(inbound: Caller, force: InForce): Principal {
  if (inbound.internal !== undefined) return inbound.internal.principal;
  return authenticate(inbound.headers.get('authorization'), inbound.route.space, audienceOf(inbound.route), force.tokens, inbound.receivedAt);
}
