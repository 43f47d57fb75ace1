import { isObject, type JsonObject } from '../../domain/json.ts';
import type { Server } from '../../domain/server.ts';
import { compareVersions } from '../../knowledge/version.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import { readEntry } from '../../packages/entry.ts';
import { guessEffect } from '../../registry/effects.ts';
import { UNUSED } from '../../review/facts.ts';
import type { PartFact, ServerFact } from '../../review/facts.ts';
import type { Rows } from '../../store/store.ts';
import { isRevoked } from '../people/revoked.ts';
import { listStored } from '../stored.ts';
import type { Use } from './use.ts';

export interface ServerParts {
  readonly rows: Rows;
  readonly space: string;
  readonly servers: readonly Server[];
  readonly use: Use;
  readonly knowledge: Knowledge;
  /** Of the package store. */
  readonly folder: string;
}

/** Every server of a space with what is known of it. */
export async function readServerFacts(parts: ServerParts): Promise<readonly ServerFact[]> {
  const { rows, space, servers, use } = parts;
  const listed = new Map<string, number>();
  for (const { body: { server, reviewBy, status } } of await listStored(rows, 'listing', space)) {
    if (reviewBy !== undefined && status === 'active') listed.set(server, Math.min(listed.get(server) ?? Infinity, reviewBy));
  }
  const drifts = new Map((await listStored(rows, 'drift', space)).map(({ id, body }) => [id, body.observedAt]));
  const newest = await newestVersions(parts);
  const gone = new Map<string, boolean>();
  for (const by of new Set(servers.flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline.approvedBy])))) gone.set(by, await isRevoked(rows, by));
  return Promise.all(servers.filter((server) => server.space === space).map(async (server): Promise<ServerFact> => {
    const { id, owner, status, hosting, endpoint, labels, baseline } = server;
    const [reviewBy, driftSince, components] = [listed.get(id), drifts.get(id), await partsOf(parts, server, newest)];
    return {
      id, owner, status, hosting, transport: endpoint.transport, labels, tools: toolsOf(server), seenCategories: use.labelled.get(id) ?? [],
      isApproverGone: baseline !== undefined && gone.get(baseline.approvedBy) === true, features: featuresOf(server), calls: use.byServer.get(id) ?? UNUSED,
      answered: use.answered.get(id) ?? 0, failed: use.failed.get(id) ?? 0, parts: components, advisories: advisoriesIn(components, parts.knowledge),
      credential: credentialOf(server),
      ...(baseline === undefined ? {} : { approvedAt: baseline.approvedAt, revision: baseline.surface.revision }),
      ...(reviewBy === undefined ? {} : { reviewBy }), ...(driftSince === undefined ? {} : { driftSince }),
    };
  }));
}

function toolsOf({ baseline }: Server): ServerFact['tools'] {
  return (baseline?.surface.tools ?? []).map(({ name, effect, confirmed, labels, definition }) => ({
    name, effect, confirmed, looksLike: guessEffect(definition), categories: labels.categories, properties: propertiesOf(definition),
  }));
}

const PROPERTIES_MAX = 50;

function propertiesOf({ inputSchema }: JsonObject): readonly string[] {
  const properties = isObject(inputSchema) ? inputSchema['properties'] : undefined;
  return isObject(properties) ? Object.keys(properties).slice(0, PROPERTIES_MAX) : [];
}

/** Deprecated features that a server declares by its capabilities. */
function featuresOf({ baseline }: Server): readonly string[] {
  const capabilities = baseline?.surface.capabilities ?? {};
  return ['logging'].filter((name) => name in capabilities);
}

function credentialOf({ credentials }: Server): ServerFact['credential'] {
  const { type } = credentials;
  const dynamicRegistration = type === 'authorization-code' && credentials.dynamicRegistration === true;
  const [expires, rotateBy] = type === 'header' || type === 'mtls' ? [credentials.expires, credentials.rotateBy] : [];
  return {
    type, dynamicRegistration, ...(expires === undefined ? {} : { expires: Date.parse(expires) }), ...(rotateBy === undefined ? {}
      : { rotateBy: Date.parse(rotateBy) }),
  };
}

type Newest = ReadonlyMap<string, string>;

/** The newest version of each package in catalogues of others. */
async function newestVersions({ rows, space }: ServerParts): Promise<Newest> {
  const found = new Map<string, string>();
  for (const { body: { server, status } } of await listStored(rows, 'catalog-entry', space)) {
    if (status !== 'active') continue;
    for (const { registryType, identifier, version = '' } of server.packages ?? []) {
      const key = `${registryType}/${identifier}`;
      const known = found.get(key);
      if (known === undefined || (compareVersions(registryType, version, known) ?? 0) > 0) found.set(key, version);
    }
  }
  return found;
}

/** What it runs from: its own package first, then those of its tree that something is known of. */
async function partsOf({ folder, knowledge }: ServerParts, { endpoint }: Server, newest: Newest): Promise<readonly PartFact[]> {
  const pin = endpoint.transport === 'stdio' ? endpoint.launch.package : undefined;
  if (pin === undefined) return [];
  const latest = newest.get(`${pin.ecosystem}/${pin.name}`);
  const isBehind = latest !== undefined && (compareVersions(pin.ecosystem, latest, pin.version) ?? 0) > 0;
  const own = { ecosystem: pin.ecosystem, name: pin.name, version: pin.version, ...floorOf(knowledge, pin), ...(isBehind ? { newest: latest } : {}) };
  const tree = pin.ecosystem === 'oci' ? [] : await readEntry(folder, pin.digest).then(({ packages }) => packages, () => []);
  const below = tree.filter(({ name }) => name !== pin.name).map(({ name, version }) => ({ ecosystem: pin.ecosystem, name, version }))
    .map((one): PartFact => ({ ...one, ...floorOf(knowledge, one) }))
    .filter(({ ecosystem, name, version, floor }) => floor !== undefined || knowledge.affectedBy(ecosystem, name, version).length > 0);
  return [own, ...below];
}

/** The lowest good version of the same major, where this one is below it. */
function floorOf({ endOfLife }: Knowledge, { ecosystem, name, version }: Pick<PartFact, 'ecosystem' | 'name' | 'version'>): { readonly floor?: string } {
  const { floors = [] } = endOfLife.sdkFloors.find((one) => one.ecosystem === ecosystem && one.name === name) ?? {};
  const isGood = floors.length === 0 || floors.some((floor, at) => {
    const isLast = at === floors.length - 1;
    return (compareVersions(ecosystem, version, floor) ?? 0) >= 0 && (isLast || version.split('.')[0] === floor.split('.')[0]);
  });
  const floor = floors.find((one) => version.split('.')[0] === one.split('.')[0]) ?? floors.at(-1);
  return isGood || floor === undefined ? {} : { floor };
}

function advisoriesIn(parts: readonly PartFact[], { advisoriesFor }: Knowledge): ServerFact['advisories'] {
  return parts.flatMap(({ ecosystem, name, version }) => advisoriesFor(ecosystem, name, version).map(({ id, severity, certainty }) => (
    { id, severity, isCertain: certainty === 'affected', part: `${ecosystem}/${name}@${version}` }
  )));
}
