import type { Baseline } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { readSpaceKill } from '../kill/kill.ts';
import { listStored } from '../stored.ts';
import type { StoredServer } from '../servers/schema.ts';
import { registryInForce } from './settings.ts';
import type { RegistryInForce } from './settings.ts';
import type { Listing, ListingStatus } from './schema.ts';

/** One published version as it stands at a moment. */
export interface Listed {
  /** `namespace/id`. */
  readonly name: string;
  readonly listing: Listing;
  /** Absent: the server is gone. */
  readonly server?: StoredServer;
  readonly baseline?: Baseline;
  readonly status: ListingStatus;
  readonly statusMessage?: string;
  readonly statusChangedAt: number;
  readonly updatedAt: number;
  readonly isLatest: boolean;
}

/** Everything that was ever published in a space, in order of names, newest versions first, with what each is worth now. */
export async function readListed(rows: Rows, space: string, now: number): Promise<{ readonly registry: RegistryInForce; readonly listed: readonly Listed[] }> {
  const registry = await registryInForce(rows);
  const listings = await listStored(rows, 'listing', space);
  const servers = new Map((await listStored(rows, 'server', space)).map(({ id, body }) => [id, body]));
  const baselines = new Map((await listStored(rows, 'baseline', space)).map(({ id, body }) => [id, body]));
  // When a server was stopped stands in no body of a row.
  const touched = new Map((await rows.list('server', space)).map(({ id, updatedAt }) => [id, updatedAt]));
  const killed = new Set((await readSpaceKill(rows, space)).servers);
  const killedAt = (await rows.get('setting', space, 'kill'))?.updatedAt ?? 0;
  const stood = listings.map(({ body: listing }): Omit<Listed, 'isLatest'> => {
    const [server, baseline] = [servers.get(listing.server), baselines.get(listing.server)];
    const isKilled = killed.has(listing.server);
    const touchedAt = Math.max(touched.get(listing.server) ?? 0, isKilled ? killedAt : 0);
    const standing = standingOf(listing, isKilled ? undefined : server, baseline, { now, touchedAt });
    return {
      name: `${registry.namespace}/${listing.server}`, listing, ...(server === undefined ? {} : { server }), ...(baseline === undefined ? {} : { baseline }),
      ...standing, updatedAt: Math.max(listing.updatedAt, standing.statusChangedAt),
    };
  }).toSorted(inOrder);
  const latest = new Map<string, Omit<Listed, 'isLatest'>>();
  for (const one of stood) {
    const before = latest.get(one.name);
    if (before === undefined || (before.status === 'deleted' && one.status !== 'deleted')) latest.set(one.name, one);
  }
  return { registry, listed: stood.map((one) => ({ ...one, isLatest: latest.get(one.name) === one })) };
}

/** By what the order goes. */
export interface Place {
  readonly name: string;
  readonly listing: Pick<Listing, 'publishedAt' | 'version'>;
}

/** By name, then the newest first; a version decides between two of one moment. */
export function inOrder(a: Place, b: Place): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.listing.publishedAt !== b.listing.publishedAt) return b.listing.publishedAt - a.listing.publishedAt;
  return a.listing.version < b.listing.version ? -1 : Number(a.listing.version > b.listing.version);
}

interface Moment {
  readonly now: number;
  /** When the server's row, or the switch that stops it, was last written. */
  readonly touchedAt: number;
}

/** What was published is worth no more than what is approved: a server that is stopped is deleted for clients, at once. */
function standingOf(
  listing: Listing, server: StoredServer | undefined, baseline: Baseline | undefined, { now, touchedAt }: Moment,
): Pick<Listed, 'status' | 'statusMessage' | 'statusChangedAt'> {
  const { status, statusMessage, statusChangedAt, reviewBy, digest } = listing;
  const own = { status, statusChangedAt, ...(statusMessage === undefined ? {} : { statusMessage }) };
  if (status === 'deleted') return own;
  if (server?.status !== 'approved' || baseline === undefined) {
    return { status: 'deleted', statusMessage: 'It is stopped, or not approved at present.', statusChangedAt: Math.max(statusChangedAt, touchedAt) };
  }
  if (status === 'deprecated') return own;
  if (baseline.digest !== digest) {
    return { status: 'deprecated', statusMessage: 'What is approved now is not published yet.',
      statusChangedAt: Math.max(statusChangedAt, baseline.approvedAt) };
  }
  if (reviewBy !== undefined && reviewBy <= now) return { status: 'deprecated', statusMessage: 'Its review is overdue.',
    statusChangedAt: Math.max(statusChangedAt, reviewBy) };
  return own;
}
