import type { AdvisoriesFor } from '../../knowledge/advisories.ts';
import { describeAdvisory } from '../registry/holds.ts';
import { advisoriesOf } from '../registry/present.ts';
import type { ServerFinding, StoredServer } from './schema.ts';

/** What is known against exactly what a server runs from, for whoever approves it or keeps it. */
export function findAdvisories(server: Pick<StoredServer, 'endpoint'>, advisoriesFor: AdvisoriesFor): readonly ServerFinding[] {
  const { endpoint } = server;
  const pin = endpoint.transport === 'stdio' ? endpoint.launch.package : undefined;
  if (pin === undefined) return [];
  const named = `${pin.ecosystem}:${pin.name}@${pin.version}`;
  return advisoriesOf(server, advisoriesFor).map((match) => ({
    rule: 'advisory', severity: match.certainty === 'affected' ? 'warn' : 'info', item: match.id, message: describeAdvisory({ ...match, package: named }),
  }));
}
