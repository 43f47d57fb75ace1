import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import { asJson } from '../as-json.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { presentDefinition } from '../servers/present.ts';
import { listStored, needStored } from '../stored.ts';
import { approve, ask, isOpen, refuse, review, withdraw } from './decide.ts';
import { NEW_REQUEST, REVIEW } from './schema.ts';
import type { RegistryRequest } from './schema.ts';

/** Asking for a server, and the steps until it is declared; each by somebody else. */
export const requestRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/registry/requests', summary: 'Servers that people asked for', access: 'read', reach: 'space',
    act: async ({ space }, { store, now }) => ({
      requests: (await listStored(store, 'registry-request', space)).map(({ id, body }) => present(id, body, now())),
    }),
  }),
  route({
    method: 'GET', path: '/registry/requests/mine', summary: 'What the asking person asked for, and what became of it', access: 'self', reach: 'space',
    act: async ({ admin, space }, { store, now }) => ({
      requests: (await listStored(store, 'registry-request', space)).filter(({ body }) => body.requester.id === admin.id).map(({ id, body }) =>
        brief(id, body, now())),
    }),
  }),
  route({
    method: 'POST', path: '/registry/requests', summary: 'Ask for a server that is not sanctioned yet', access: 'self', reach: 'space', body: NEW_REQUEST,
    act: ({ admin, space, body }, control) => ask({ admin, space }, body, control),
  }),
  route({
    method: 'GET', path: '/registry/requests/:id', summary: 'A request, with what was reviewed and the digest that an approval names', access: 'read',
      reach: 'space',
    act: async ({ space, params }, { store, now }) => {
      const { id, body } = await needStored(store, 'registry-request', space, params['id'] ?? '');
      return present(id, body, now());
    },
  }),
  route({
    method: 'POST', path: '/registry/requests/:id/withdraw', summary: 'Take one\'s own request back', access: 'self', reach: 'space',
    act: ({ admin, space, params }, control) => withdraw({ admin, space }, params['id'] ?? '', control),
  }),
  route({
    method: 'POST', path: '/registry/requests/:id/review', summary: 'Say what exactly would be declared; not by who asked', access: 'change', reach: 'space',
      body: REVIEW,
    act: ({ admin, space, params, body }, control) => review({ admin, space }, params['id'] ?? '', body, control),
  }),
  route({
    method: 'POST', path: '/registry/requests/:id/approve', summary: 'Let what was reviewed be declared; neither by who asked nor by who reviewed',
    access: 'approve', reach: 'space', body: z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) }),
    act: ({ admin, space, params, body }, control) => approve({ admin, space }, params['id'] ?? '', body.digest, control),
  }),
  route({
    method: 'POST', path: '/registry/requests/:id/refuse', summary: 'Refuse a request', access: 'approve', reach: 'space',
      body: z.strictObject({ reason: WORDS }),
    act: ({ admin, space, params, body }, control) => refuse({ admin, space }, params['id'] ?? '', body.reason, control),
  }),
];

/** For who asked: not who decided. */
function brief(id: string, request: RegistryRequest, now: number): JsonObject {
  const { wanted, purpose, requester, state, review: reviewed, refusal } = request;
  const isOver = (state === 'requested' || state === 'reviewed') && !isOpen(request, now);
  return {
    id, state: isOver ? 'expired' : state, wanted: asJson(wanted), purpose, requestedAt: requester.at, expiresAt: request.expiresAt,
    ...(state === 'approved' && reviewed !== undefined ? { server: reviewed.definition.id } : {}),
      ...(refusal === undefined ? {} : { refused: refusal.reason }),
  };
}

function present(id: string, request: RegistryRequest, now: number): JsonObject {
  const { requester, review: reviewed, approval, refusal } = request;
  return {
    ...brief(id, request, now), requester: requester.id,
    ...(reviewed === undefined ? {} : {
      review: {
        by: reviewed.by, at: reviewed.at, note: reviewed.note, digest: reviewed.digest, facts: reviewed.facts, server: reviewed.definition.id,
        definition: presentDefinition(reviewed.definition),
      },
    }),
    ...(approval === undefined ? {} : { approval: { ...approval } }), ...(refusal === undefined ? {} : { refusal: { ...refusal } }),
  };
}
