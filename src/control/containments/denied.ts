import type { JsonObject } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { findStored } from '../stored.ts';
import { activeContainments, serversOf } from './active.ts';

/** What managed settings of clients are to deny: servers by name and by where they are really reached, and hosts. */
export async function deniedAtEndpoints(rows: Rows, space: string, now: number): Promise<JsonObject> {
  const active = await activeContainments(rows, now, space);
  const [servers, urls] = [new Set<string>(), new Set<string>()];
  for (const one of active) {
    const { verb, scope } = one.body;
    if (verb === 'deny-at-endpoints' && scope.target === 'host') for (const port of ['', ':*']) urls.add(`*://${scope.name}${port}`);
    // What is out of service here is no more to be allowed there.
    if (verb !== 'deny-at-endpoints' && verb !== 'quarantine-server') continue;
    for (const server of await serversOf(rows, one) ?? []) {
      servers.add(server);
      const { endpoint } = (await findStored(rows, 'server', space, server))?.body ?? {};
      if (verb === 'deny-at-endpoints' && endpoint !== undefined && endpoint.transport !== 'stdio') urls.add(endpoint.url);
    }
  }
  return { servers: [...servers].toSorted(), urls: [...urls].toSorted() };
}
