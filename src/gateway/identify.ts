import type { Inbound } from '../domain/inbound.ts';
import type { Principal } from '../domain/principal.ts';
import type { Identity, Presented } from '../identity/authenticate.ts';
import type { InForce } from './in-force.ts';
import { zoneOf } from './zone.ts';

/** What of an HTTP exchange says who calls. */
export type Caller = Pick<Inbound, 'headers' | 'httpMethod' | 'route' | 'address' | 'receivedAt' | 'certificate' | 'internal'>;

/** Who calls: the bearer of a token, or a workload of our own whose request never was on a network. */
export function identify(inbound: Caller, force: InForce, identity: Identity): Principal | Promise<Principal> {
  if (inbound.internal !== undefined) return inbound.internal.principal;
  const found = identity.authenticate(presentedBy(inbound, force), force.identities, inbound.receivedAt);
  const bound = (principal: Principal): Principal => force.ceilings.bound(principal, inbound.receivedAt);
  return found instanceof Promise ? found.then(bound) : bound(found);
}

/** Who sends what is not here yet; the request is identified again, by its whole, when it is. */
export function recognise(caller: Caller, force: InForce, identity: Identity): Principal | Promise<Principal> {
  return identity.recognise(presentedBy(caller, force), force.identities, caller.receivedAt);
}

function presentedBy({ headers, httpMethod, route, address, certificate }: Caller, force: InForce): Presented {
  const zone = zoneOf(address, force.snapshot.network.internal);
  return { headers, httpMethod, route, zone, ...(certificate === undefined ? {} : { certificate }) };
}
