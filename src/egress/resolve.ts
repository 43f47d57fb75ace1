import type { AllowedHost } from '../domain/allowed-host.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** What this room needs to know of addresses (`upstream/address-class.ts` has it; `roles/` joins them). */
export type RefusalOf = (address: string, within: string | undefined) => string | undefined;

export interface ResolverOptions {
  /** All addresses of a name, as the machine's resolver gives them. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
  readonly refusalOf: RefusalOf;
  readonly now?: () => number;
}

/**
 * Turns the name of an allowed host into the addresses to connect to. What it gives was checked and is connected to as it
 * is: nothing resolves the name again. Throws `ERR_EGRESS_NAME` and `ERR_EGRESS_ADDRESS`; one bad address refuses all.
 */
export interface Resolver {
  addressesOf(host: string, allowed: AllowedHost): Promise<readonly string[]>;
}

interface Known {
  readonly until: number;
  readonly addresses: readonly string[];
}

export function createResolver({ lookup, refusalOf, now = Date.now }: ResolverOptions): Resolver {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<readonly string[]>>();

  const find = async (host: string): Promise<readonly string[]> => {
    const addresses = await within(lookup(host), LIMITS.connectTimeoutMs).catch((cause: unknown) => {
      throw new SallyportError('ERR_EGRESS_NAME', 'The name can\'t be resolved.', { cause });
    });
    if (addresses.length === 0) throw new SallyportError('ERR_EGRESS_NAME', 'The name has no address.');
    for (const oldest of known.keys()) {
      if (known.size < LIMITS.egressNamesMax) break;
      known.delete(oldest);
    }
    known.set(host, { addresses, until: now() + LIMITS.addressCacheMs });
    return addresses;
  };
  const addressesFor = (host: string): Promise<readonly string[]> | readonly string[] => {
    const entry = known.get(host);
    if (entry !== undefined && entry.until > now()) return entry.addresses;
    known.delete(host);
    const asking = underWay.get(host) ?? find(host).finally(() => underWay.delete(host));
    underWay.set(host, asking);
    return asking;
  };
  return {
    async addressesOf(host, allowed) {
      const fixed = soleAddress(allowed.within);
      const addresses = fixed === undefined ? await addressesFor(host) : [fixed];
      for (const address of addresses) {
        const refusal = refusalOf(address, allowed.within);
        if (refusal !== undefined) throw new SallyportError('ERR_EGRESS_ADDRESS', `The name leads to ${address}, ${refusal}.`);
      }
      return addresses;
    },
  };
}

/** A network of one address needs no name service. */
function soleAddress(network: string | undefined): string | undefined {
  const [, address, bits] = /^(.+)\/(\d+)$/.exec(network ?? '') ?? [];
  return address !== undefined && bits === (address.includes(':') ? '128' : '32') ? address : undefined;
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), timeoutMs);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
