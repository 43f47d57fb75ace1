import { advisoriesOf } from './advisories.ts';
import type { AdvisoriesFor } from './advisories.ts';
import advisories from './shipped/advisories.json' with { type: 'json' };
import clientNames from './shipped/client-names.json' with { type: 'json' };
import discovery from './shipped/discovery.json' with { type: 'json' };
import edition from './shipped/edition.json' with { type: 'json' };
import endOfLife from './shipped/end-of-life.json' with { type: 'json' };
import vendorEndpoints from './shipped/vendor-endpoints.json' with { type: 'json' };
import { TABLES } from './shape.ts';
import type { ClientName, Tables } from './shape.ts';
import { vendorsOf } from './vendor.ts';
import type { VendorOf } from './vendor.ts';

/** What ages, as it is asked: typed tables, and the look-ups that are made of them. */
export interface Knowledge extends Tables {
  readonly advisoriesFor: AdvisoriesFor;
  /** Ids of the advisories that certainly hold this version; one that cannot be compared has none. */
  readonly affectedBy: (ecosystem: string, name: string, version: string) => readonly string[];
  readonly vendorOf: VendorOf;
  /** By `clientInfo.name`, exactly. */
  readonly clientNamed: (name: string) => ClientName | undefined;
}

/** Makes the look-ups of tables. */
export function knowledgeOf(tables: Tables): Knowledge {
  const advisoriesFor = advisoriesOf(tables.advisories);
  const clients = new Map(tables.clientNames.map((client) => [client.name, client]));
  return {
    ...tables, advisoriesFor,
    affectedBy: (ecosystem, name, version) => [
      ...new Set(advisoriesFor(ecosystem, name, version).flatMap(({ id, certainty }) => (certainty === 'affected' ? [id] : []))),
    ],
    vendorOf: vendorsOf(tables.vendorEndpoints), clientNamed: (name) => clients.get(name),
  };
}

/** The tables that ship with this program: what is known until a bundle is imported. */
export function shippedTables(): Tables {
  return TABLES.parse({ ...edition, advisories, vendorEndpoints, clientNames, endOfLife, discovery });
}
