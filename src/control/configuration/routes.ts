import { z } from 'zod';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { needVersion, openVersion, versionRows } from './history.ts';
import { presentVersion } from './present.ts';
import { readVersion } from './version.ts';

const NUMBER = z.coerce.number().int().min(1).max(1_000_000_000);

export const configurationRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/configuration/versions', summary: 'Signed versions of the configuration, the newest first: who changed what, when and why',
    access: 'read', reach: 'organisation', query: { limit: z.coerce.number().int().min(1).max(500).default(50) },
    act: async ({ query: { limit } }, { store, configuration }) => {
      const last = (await store.configuration.latest())?.number ?? 0;
      const versions = [];
      for await (const row of versionRows(store, Math.max(0, last - limit))) versions.unshift(presentVersion(readVersion(row, configuration.key)));
      return { versions };
    },
  }),
  route({
    method: 'GET', path: '/configuration/versions/:number', summary: 'One version: what it changed, without any secret', access: 'read', reach: 'organisation',
    act: async ({ params }, { store, configuration, vault }) => {
      const { version, row } = await needVersion(store, validate(NUMBER, params['number'], 'number'), configuration.key);
      const changes = await openVersion(version, row, vault.envelope);
      return { ...presentVersion(version), changed: changes.map(({ kind, space, id, body }) => ({ resource: kind, space, id, removed: body === null })) };
    },
  }),
];
