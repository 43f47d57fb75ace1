import type { AdvisoriesFor } from '../../knowledge/advisories.ts';
import type { JsonObject } from '../../domain/json.ts';
import { SERVER_JSON_SCHEMA } from '../../registry/server-json/shape.ts';
import type { StoredServer } from '../servers/schema.ts';
import type { Listed } from './listed.ts';
import type { RegistryInForce } from './settings.ts';

const OFFICIAL = 'io.modelcontextprotocol.registry/official';
const GOVERNANCE = 'io.sallyport/governance';

export interface Presenting {
  readonly registry: RegistryInForce;
  readonly advisoriesFor: AdvisoriesFor;
}

/**
 * One version as clients of the registry API get it: `server.json` of 2025-12-11 whose one address is the gate's, so that whoever
 * configures it from here calls through the gate, and beside it what governs it. Where the server really is, who approved it and what
 * it is shown stand in none of it.
 */
export function presentListed(one: Listed, { registry, advisoriesFor }: Presenting): JsonObject {
  const { name, listing, status, statusMessage, statusChangedAt, updatedAt, isLatest } = one;
  const { title, description, version, websiteUrl } = listing;
  return {
    server: {
      $schema: SERVER_JSON_SCHEMA, name, ...(title === undefined ? {} : { title }), description, version, ...(websiteUrl === undefined ? {} : { websiteUrl }),
      remotes: [{ type: 'streamable-http', url: `${registry.gateUrl}/mcp/${listing.server}` }],
    },
    _meta: {
      [OFFICIAL]: {
        status, ...(statusMessage === undefined ? {} : { statusMessage }), statusChangedAt: moment(statusChangedAt), publishedAt: moment(listing.publishedAt),
        updatedAt: moment(updatedAt), isLatest,
      },
      [GOVERNANCE]: governanceOf(one, { registry, advisoriesFor }),
    },
  };
}

function governanceOf({ listing, server, baseline }: Listed, { registry, advisoriesFor }: Presenting): JsonObject {
  const { digest, approvedAt, tools, effects, reviewBy, package: pinned, server: id, version, sbom } = listing;
  return {
    id, gate: 'required',
    ...(server === undefined ? {} : {
      owner: server.owner, tier: server.tier, hosting: server.hosting, ...(server.region === undefined ? {} : { region: server.region }),
      labels: { ...server.labels },
    }),
    approval: { digest, approvedAt: moment(approvedAt), inForce: baseline?.digest === digest,
      ...(reviewBy === undefined ? {} : { reviewBy: moment(reviewBy) }) },
    tools, effects: { ...effects }, ...(sbom === undefined ? {} : { sbom }),
    ...(pinned === undefined ? {} : {
      package: {
        purl: pinned.purl, digest: pinned.digest, ...(pinned.packages === undefined ? {} : { packages: pinned.packages, attested: pinned.attested ?? 0 }),
        ...(pinned.provenance === undefined ? {} : { provenance: { ...pinned.provenance, verified: true } }),
        ...(pinned.packages === undefined ? {} : { sbom: `/v0.1/x/io.sallyport/sbom/${encodeURIComponent(id)}/${encodeURIComponent(version)}` }),
      },
    }),
    // Where anybody may read, nobody is told what is broken.
    ...(server === undefined || registry.anonymous ? {} : {
      advisories: advisoriesOf(server, advisoriesFor).map(({ id: advisory, severity, certainty, fixedIn }) =>
        ({ id: advisory, severity, certainty, ...(fixedIn === undefined ? {} : { fixedIn }) })),
    }),
  };
}

/** Of what it runs; a server elsewhere is nobody's package here. */
export function advisoriesOf({ endpoint }: Pick<StoredServer, 'endpoint'>, advisoriesFor: AdvisoriesFor): ReturnType<AdvisoriesFor> {
  const pin = endpoint.transport === 'stdio' ? endpoint.launch.package : undefined;
  return pin === undefined ? [] : advisoriesFor(pin.ecosystem, pin.name, pin.version);
}

/** RFC 3339, UTC. */
function moment(at: number): string {
  return new Date(at).toISOString();
}
