import { z } from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { offersOf, UNSUPPORTED } from '../../registry/server-json/offers.ts';
import { VERSION } from '../../registry/server-json/shape.ts';
import { asJson } from '../as-json.ts';
import { whoOf } from '../change.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';
import { importEntries, needEntry, releaseEntry, standingNow, stateOf } from './catalog.ts';
import type { Standing } from './catalog.ts';
import { advisoriesIn, WHY_HELD } from './holds.ts';
import { readListed } from './listed.ts';
import type { Listed } from './listed.ts';
import { advisoriesOf, presentListed } from './present.ts';
import { publish, setStatus } from './publish.ts';
import { CATALOG_BATCH, MESSAGE, PUBLICATION, STATUSES } from './schema.ts';
import type { CatalogEntryRow } from './schema.ts';
import { sbomOf } from './sbom.ts';

const STATUS = z.strictObject({ status: z.enum(STATUSES), version: VERSION.exactOptional(), message: MESSAGE.exactOptional() });

const listingRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/registry/listings', summary: 'What the registry of the space publishes, deleted versions too', access: 'read', reach: 'space',
    act: async ({ space }, { store, knowledge, now }) => {
      const read = await readListed(store, space, now());
      const { advisoriesFor } = knowledge.lately;
      return {
        namespace: read.registry.namespace, anonymous: read.registry.anonymous,
        listings: read.listed.map((one): Json => ({
          ...summaryOf(one), advisories: one.server === undefined ? []
            : advisoriesOf(one.server, advisoriesFor).map(({ id, severity, certainty }) => ({ id, severity, certainty })),
          published: presentListed(one, { registry: read.registry, advisoriesFor }),
        })),
      };
    },
  }),
  route({
    method: 'POST', path: '/registry/listings', summary: 'Publish what is approved of a server now; not what one asked for or approved oneself',
    access: 'change', reach: 'space', body: PUBLICATION,
    act: async ({ admin, space, body }, control) => asJson(await publish({ admin, space }, body, control)),
  }),
  route({
    method: 'POST', path: '/registry/listings/:server/status', summary: 'Set what published versions are worth: active, deprecated or deleted',
    access: 'change', reach: 'space', body: STATUS,
    act: async ({ admin, space, params, body }, control) => {
      const changed = await setStatus({ admin, space }, { server: params['server'] ?? '', ...body }, control);
      return { server: params['server'] ?? '', versions: changed.map(({ version }) => version), status: body.status };
    },
  }),
  route({
    method: 'GET', path: '/registry/listings/:server/:version/sbom', summary: 'What a published version runs from, as CycloneDX 1.6', access: 'read',
      reach: 'space',
    act: async ({ space, params }, { store, packages, now }) => {
      const { listed } = await readListed(store, space, now());
      const found = listed.find(({ listing }) => listing.server === params['server'] && listing.version === params['version']);
      return sbomOf(found?.listing ?? { server: params['server'] ?? '' }, packages.folder);
    },
  }),
];

function summaryOf({ name, listing, status, statusMessage, isLatest }: Listed): JsonObject {
  const { server, version, digest, publishedAt, publishedBy, reviewBy, request, package: pinned } = listing;
  return {
    name, server, version, status, ...(statusMessage === undefined ? {} : { statusMessage }), isLatest, digest, publishedAt, publishedBy,
    ...(reviewBy === undefined ? {} : { reviewBy }), ...(request === undefined ? {} : { request }),
    ...(pinned === undefined ? {} : { package: asJson(pinned) }),
  };
}

const catalogRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/registry/catalog', summary: 'Versions of servers that were imported, and which of them can be had', access: 'read', reach: 'space',
    query: {
      search: z.string().max(200).default(''), state: z.enum(['available', 'released', 'held', 'cooling']).exactOptional(),
        after: z.string().max(600).default(''),
      limit: z.coerce.number().int().min(1).max(LIMITS.catalogBatchMax).default(LIMITS.catalogBatchMax),
    },
    act: async ({ space, query: { search, state, after, limit } }, control) => {
      const standing = await standingNow(control);
      const rows = (await listStored(control.store, 'catalog-entry', space)).filter(({ id }) => id > after && id.toLowerCase().includes(search.toLowerCase()));
      const fitting = rows.map(({ id, body }) => presentEntry(id, body, standing)).filter((one) => state === undefined || one['state'] === state);
      return { entries: fitting.slice(0, limit), total: fitting.length };
    },
  }),
  route({
    method: 'GET', path: '/registry/catalog/:entry', summary: 'One version of a catalogue: ways to have it, what is known of it, what holds it', access: 'read',
    reach: 'space',
    act: async ({ space, params }, control) => {
      const id = params['entry'] ?? '';
      const entry = await needEntry(control.store, space, id);
      const standing = await standingNow(control);
      return {
        ...presentEntry(id, entry, standing), server: asJson(entry.server), digest: entry.digest,
        offers: offersOf(entry.server).map((offer) => asJson(offer.kind === 'unsupported' ? { ...offer, why: UNSUPPORTED[offer.reason] } : offer)),
        advisories: advisoriesIn(entry.server, standing.advisoriesFor).map(({ id: advisory, severity, certainty, package: of }) =>
          ({ id: advisory, severity, certainty, package: of })),
        ...(entry.released === undefined ? {} : { released: { ...entry.released } }),
      };
    },
  }),
  route({
    method: 'POST', path: '/registry/catalog', summary: 'Import versions from an export of another registry; nothing of it can be had before it cooled off',
    access: 'change', reach: 'space', body: CATALOG_BATCH,
    act: ({ admin, space, body }, control) => importEntries({ admin, space }, body, control),
  }),
  route({
    method: 'POST', path: '/registry/catalog/:entry/release', summary: 'Take an entry in spite of what holds it, having looked', access: 'approve',
      reach: 'space',
    body: z.strictObject({ reason: WORDS }),
    act: ({ admin, space, params, body }, control) => releaseEntry({ admin, space }, params['entry'] ?? '', body.reason, control),
  }),
  route({
    method: 'DELETE', path: '/registry/catalog/sources/:source', summary: 'Forget everything that came from a catalogue, with when it was seen first',
    access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const source = params['source'] ?? '';
      const rows = (await listStored(control.store, 'catalog-entry', space)).filter(({ body }) => body.source === source);
      const detail = { resource: 'catalog', id: source, verb: 'forget', entries: rows.length };
      await control.record({ event: 'config.changed', space, ...whoOf(admin), action: 'catalog.forget', detail });
      await control.store.transaction(async (within) => {
        for (const { id } of rows) await within.delete('catalog-entry', space, id, { by: admin.id });
      });
      return { source, removed: rows.length };
    },
  }),
];

function presentEntry(id: string, entry: CatalogEntryRow, standing: Standing): JsonObject {
  const state = stateOf(entry, standing);
  const { source, server: { title, description }, firstSeenAt, publishedAt } = entry;
  return {
    id, source, ...(title === undefined ? {} : { title }), description, state: state.state, firstSeenAt, ...(publishedAt === undefined ? {} : { publishedAt }),
    ...(state.state === 'cooling' ? { until: state.until } : {}),
    ...(state.state === 'held' ? { holds: state.holds.map((hold) => ({ hold, why: WHY_HELD[hold] })) } : {}),
  };
}

export const registryRoutes: readonly Route[] = [...listingRoutes, ...catalogRoutes];
