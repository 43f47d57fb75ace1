import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ADVISORY } from '../../knowledge/shape.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import type { KnowledgeVersion } from './keeper.ts';

export const knowledgeRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/knowledge', summary: 'The tables of what ages, as they are in force', access: 'read', reach: 'organisation',
    act: async (_, { knowledge }): Promise<Json> => {
      const { sequence, issuedAt, advisories, vendorEndpoints, clientNames, endOfLife, discovery } = await knowledge.current();
      return JSON.parse(JSON.stringify({ sequence, issuedAt, advisories, vendorEndpoints, clientNames, endOfLife, discovery }));
    },
  }),
  route({
    method: 'GET', path: '/knowledge/detection', summary: 'What detectors are made of, where an edition brought it', access: 'read', reach: 'organisation',
    act: async (_, { knowledge }): Promise<Json> => {
      const { detection } = await knowledge.current();
      return { detection: JSON.parse(JSON.stringify(detection ?? null)) };
    },
  }),
  route({
    method: 'GET', path: '/knowledge/versions', summary: 'What was imported, the newest first', access: 'read', reach: 'organisation',
    act: async (_, { knowledge }) => ({ versions: (await knowledge.history()).map(present) }),
  }),
  route({
    method: 'POST', path: '/knowledge/bundles', summary: 'Import a signed bundle: all tables are replaced', access: 'change', reach: 'organisation',
    body: z.strictObject({ bundle: z.string().max(2 * LIMITS.knowledgeCharsMax) }),
    act: async ({ admin, body }, { knowledge }) => present(await knowledge.takeBundle(body.bundle, admin)),
  }),
  route({
    method: 'POST', path: '/knowledge/advisories', summary: 'Import advisories in OSV form; one of the same id replaces an older one',
    access: 'change', reach: 'organisation', body: z.strictObject({ advisories: z.array(ADVISORY).min(1).max(LIMITS.advisoriesMax) }),
    act: async ({ admin, body }, { knowledge }) => present(await knowledge.takeAdvisories(body.advisories, admin)),
  }),
  route({
    method: 'POST', path: '/knowledge/rollback', summary: 'Go back to an earlier version, 0 for what ships', access: 'change', reach: 'organisation',
    body: z.strictObject({ number: z.int().min(0), reason: WORDS }),
    act: async ({ admin, body }, { knowledge }) => present(await knowledge.rollBack(body.number, body.reason, admin)),
  }),
];

function present(version: KnowledgeVersion): Json {
  return { ...version, signers: [...version.signers] };
}
