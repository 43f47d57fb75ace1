import type { Server, VendorStanding } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { dueOf, isAtVendor, openEvents, standingOf, type Attested } from '../../vendor/attest.ts';
import type { ProbeReport } from '../../vendor/probe/result.ts';
import { dayOf, type ScoreInput } from '../../vendor/score/input.ts';
import { scoreOf } from '../../vendor/score/score.ts';
import { listStored, type Stored } from '../stored.ts';
import type { Disclosed, StoredEvent, StoredVendor } from './schema.ts';

/** All that is known of one vendor at one moment. */
export interface VendorFacts {
  readonly id: string;
  readonly vendor: StoredVendor;
  readonly disclosed?: Disclosed;
  readonly attested: Attested;
  readonly events: readonly StoredEvent[];
  readonly input: ScoreInput;
}

/** Of every vendor of a space, or of all spaces. Within one day the same rows make the same. */
export async function readVendors(
  rows: Rows, now: number, { space }: { readonly space?: string } = {},
): Promise<readonly (VendorFacts & { readonly space: string })[]> {
  const vendors = await listStored(rows, 'vendor', space);
  if (vendors.length === 0) return [];
  const disclosed = new Map((await listStored(rows, 'disclosure', space)).map((one) => [`${one.space}/${one.id}`, one.body]));
  const events = Map.groupBy(await listStored(rows, 'vendor-event', space), (one) => `${one.space}/${one.body.vendor}`);
  const probes = Map.groupBy(await listStored(rows, 'vendor-probe', space), (one) => `${one.space}/${one.body.vendor}`);
  const exceptions = Map.groupBy((await listStored(rows, 'exception', space)).flatMap(({ space: of, body: { scope, expiresAt } }) =>
    (scope.kind === 'vendor' ? [{ key: `${of}/${scope.vendor}`, item: scope.item, until: expiresAt }] : [])), (one) => one.key);
  return vendors.map((vendor) => {
    const key = `${vendor.space}/${vendor.id}`;
    return {
      space: vendor.space,
      ...factsOf(vendor, now, {
        disclosed: disclosed.get(key), events: (events.get(key) ?? []).map(({ body }) => body), probes: (probes.get(key) ?? []).map(({ body }) => body),
        exceptions: (exceptions.get(key) ?? []).map(({ item, until }) => ({ item, until })),
      }),
    };
  });
}

interface Known extends Pick<ScoreInput, 'exceptions'> {
  readonly disclosed: Disclosed | undefined;
  readonly events: readonly StoredEvent[];
  readonly probes: readonly ProbeReport[];
}

function factsOf({ id, body }: Stored<StoredVendor>, now: number, { disclosed, events, probes, ...rest }: Known): VendorFacts {
  const attested: Attested = {
    tier: body.tier, events, ...(disclosed === undefined ? {} : { disclosure: disclosed.disclosure, attestedAt: disclosed.attestedAt }),
  };
  // Somebody vouched for it since: what was open then is not any more.
  const open = openEvents<StoredEvent>({ events, ...(disclosed === undefined ? {} : { attestedAt: disclosed.attestedAt }) });
  return {
    id, vendor: body, attested, events, ...(disclosed === undefined ? {} : { disclosed }),
    input: {
      day: dayOf(now), probes: probes.filter(({ endpoint }) => isAtVendor(endpoint, body.endpoints)), ...rest,
      advisories: open.flatMap(({ advisory }) => (advisory === undefined ? [] : [advisory])),
      isBreached: open.some(({ event }) => event === 'breach-notice'),
      ...(disclosed === undefined ? {} : { disclosure: disclosed.disclosure }),
    },
  };
}

/** As policy reads it. */
export function standingIn({ id, attested, input }: VendorFacts): VendorStanding {
  return standingOf(id, attested, scoreOf(input).score);
}

/** When it must be vouched for anew, and why. */
export function dueIn({ attested }: VendorFacts): ReturnType<typeof dueOf> {
  return dueOf(attested);
}

/**
 * Whose a server is, and how that vendor stands. A vendor that nobody declared, and an address that is none of its own, stand as one that
 * has said nothing.
 */
export function standingFor(
  { space, vendor, endpoint }: Pick<Server, 'space' | 'endpoint'> & { readonly vendor?: string },
  vendors: readonly (VendorFacts & { readonly space: string })[],
): VendorStanding | undefined {
  if (vendor === undefined) return undefined;
  const known = vendors.find((one) => one.space === space && one.id === vendor);
  const isThere = known !== undefined && endpoint.transport !== 'stdio' && isAtVendor(endpoint.url, known.vendor.endpoints);
  return isThere ? standingIn(known) : { id: vendor, score: 0 };
}
