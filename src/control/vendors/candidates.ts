import type { JsonObject } from '../../domain/json.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import { isAtVendor } from '../../vendor/attest.ts';
import type { Control } from '../control.ts';
import { listStored } from '../stored.ts';

/** MCP of somebody that nobody has assessed, as it was seen outside the gate or stands in the registry. */
export interface Candidate {
  /** As the table of endpoints has it, or the host. */
  readonly name: string;
  readonly url: string;
  /** By what it is known: an asset that was seen, or a server without a vendor. */
  readonly assets: readonly string[];
  readonly servers: readonly string[];
}

const HTTP = /^(?:url|host):(.+)$/s;

/** Everything that somebody else runs for us and that no vendor here is: what discovery saw, and servers that say nobody's name. */
export async function listCandidates(control: Pick<Control, 'store' | 'inventory' | 'knowledge'>, space: string): Promise<readonly Candidate[]> {
  const { store, inventory, knowledge } = control;
  const endpoints = (await listStored(store, 'vendor', space)).flatMap(({ body }) => body.endpoints);
  const { vendorOf } = knowledge.lately;
  const { assets } = await inventory.take(space);
  const seen = assets.filter(({ kind }) => kind === 'server').flatMap(({ id, keys }) => keys.flatMap((key) => {
    const url = addressOf(key, vendorOf);
    return url === undefined ? [] : [{ url, asset: id, server: undefined }];
  }));
  const unnamed = (await listStored(store, 'server', space)).flatMap(({ id, body: { endpoint, hosting, vendor } }) =>
    (endpoint.transport === 'stdio' || hosting === 'self' || vendor !== undefined ? [] : [{ url: endpoint.url, asset: undefined, server: id }]));
  const found = [...seen, ...unnamed].filter(({ url }) => !isAtVendor(url, endpoints));
  return [...Map.groupBy(found, ({ url }) => new URL(url).origin)].map(([origin, all]) => ({
    name: nameOf(origin, all.map(({ url }) => url), vendorOf), url: all[0]?.url ?? origin,
    assets: [...new Set(all.flatMap(({ asset }) => asset ?? []))], servers: [...new Set(all.flatMap(({ server }) => server ?? []))],
  })).toSorted((one, other) => (one.url < other.url ? -1 : 1));
}

export function presentCandidate({ name, url, assets, servers }: Candidate): JsonObject {
  return { name, url, assets, servers };
}

/** Only what is known to be a vendor's: what runs at another address may be our own. */
function addressOf(key: string, vendorOf: Knowledge['vendorOf']): string | undefined {
  const at = HTTP.exec(key)?.[1];
  const url = at === undefined ? undefined : key.startsWith('url:') ? at : `https://${at}`;
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  return vendorOf(hostname, key.startsWith('url:') ? pathname : undefined) === undefined ? undefined : url;
}

function nameOf(origin: string, urls: readonly string[], vendorOf: Knowledge['vendorOf']): string {
  const { hostname } = new URL(origin);
  for (const url of urls) {
    const known = vendorOf(hostname, new URL(url).pathname);
    if (known !== undefined) return known.vendor;
  }
  return hostname;
}
