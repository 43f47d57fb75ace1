import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { AGENT_ID } from '../../registry/agent-shape.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, findStored, listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { revokeTokensOf } from '../tokens/revoke.ts';
import { AGENTS, UNKNOWN_CLIENTS } from './answer.ts';
import { AGENT, NEW_AGENT, RENEWAL } from './schema.ts';
import type { StoredAgent } from './schema.ts';
import { forgetSightings, ownerOf, presentSighting } from './sightings.ts';

const CONFLICT_REMEDY = 'Replace it, renew it, or choose another name.';

export const agentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/agents', summary: 'Registered agents of the space', access: 'read', reach: 'space', answer: AGENTS,
    act: async ({ space }, { store, now }) => ({ agents: (await listStored(store, 'agent', space)).map((agent) => presentAgent(agent, now())) }),
  }),
  route({
    method: 'GET', path: '/agents/unknown', summary: 'Clients that were refused because they are no agent, the latest first', access: 'read', reach: 'space',
    answer: UNKNOWN_CLIENTS,
    act: async ({ space }, { store }) => {
      const sightings = await listStored(store, 'sighting', space);
      return { unknown: sightings.toSorted((one, other) => other.body.lastAt - one.body.lastAt).map(presentSighting) };
    },
  }),
  route({
    method: 'GET', path: '/agents/:id', summary: 'One registered agent', access: 'read', reach: 'space',
    act: async ({ space, params }, { store, now }) => presentAgent(await needStored(store, 'agent', space, params['id'] ?? ''), now()),
  }),
  route({
    method: 'POST', path: '/agents', summary: 'Register an agent', access: 'change', reach: 'space', body: NEW_AGENT,
    act: ({ admin, space, body: { id, ...agent } }, control) => putAgent({ admin, space }, id, agent, 'register', control),
  }),
  route({
    method: 'PUT', path: '/agents/:id', summary: 'Register or replace an agent', access: 'change', reach: 'space', body: AGENT,
    act: ({ admin, space, params, body }, control) => putAgent({ admin, space }, validate(AGENT_ID, params['id'], 'id'), body, 'put', control),
  }),
  route({
    method: 'POST', path: '/agents/:id/renew', summary: 'Give an agent a later end', access: 'change', reach: 'space', body: RENEWAL,
    act: async ({ admin, space, params, body: { expiresAt } }, control) => {
      const id = params['id'] ?? '';
      checkEnd(expiresAt, control.now());
      return control.change({ admin, space }, { resource: 'agent', id, verb: 'renew', detail: { expiresAt } }, async (rows) => {
        const { body } = await needStored(rows, 'agent', space, id);
        const renewed = { ...body, expiresAt };
        await putStored(rows, 'agent', space, id, renewed, admin.id);
        return presentAgent({ id, space, body: renewed }, control.now());
      });
    },
  }),
  route({
    method: 'DELETE', path: '/agents/:id', summary: 'Remove an agent: its clients are unknown from then on, its tokens revoked', access: 'change',
    reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      const now = control.now();
      return control.change({ admin, space }, { resource: 'agent', id, verb: 'remove' }, async (rows) => {
        await deleteStored(rows, 'agent', space, id, admin.id);
        await revokeTokensOf(rows, space, id, admin.id, now);
        return { id };
      });
    },
  }),
];

async function putAgent(by: By, id: string, agent: StoredAgent, verb: 'register' | 'put', control: Control): Promise<JsonObject> {
  const { space, admin } = by;
  checkEnd(agent.expiresAt, control.now());
  const { clients, allow, owner, expiresAt } = agent;
  const detail = { owner, clients, expiresAt, allow: allow === '*' ? allow : allow.map((rule): Json => ({ ...rule })) };
  return control.change(by, { resource: 'agent', id, verb, detail }, async (rows) => {
    if (verb === 'register' && await findStored(rows, 'agent', space, id) !== undefined) {
      throw new SallyportError('ERR_CONFLICT', `the agent "${id}" is registered already`, { remedy: CONFLICT_REMEDY });
    }
    await checkAllow(rows, space, allow);
    for (const client of clients) {
      const owned = await ownerOf(rows, space, client);
      if (owned !== undefined && owned !== id) {
        throw new SallyportError('ERR_CONFLICT', `the client ${client} is the agent "${owned}"`, {
          remedy: 'A client is one agent; take it from that one first.',
        });
      }
    }
    await putStored(rows, 'agent', space, id, agent, admin.id);
    await forgetSightings(rows, space, clients, admin.id);
    return presentAgent({ id, space, body: agent }, control.now());
  });
}

/** A ceiling that names what does not exist is a typing error that would show only much later. */
async function checkAllow(rows: Rows, space: string, allow: StoredAgent['allow']): Promise<void> {
  for (const { server, toolset } of allow === '*' ? [] : allow) {
    await (toolset === undefined ? needStored(rows, 'server', space, server ?? '') : needStored(rows, 'toolset', space, toolset));
  }
}

function checkEnd(expiresAt: number, now: number): void {
  if (expiresAt > now && expiresAt - now <= LIMITS.agentLifeMsMax) return;
  throw new SallyportError('ERR_REQUEST_INVALID', 'body.expiresAt: must be later than now, and two years ahead at most', {
    remedy: 'Name a date within two years; its owner renews it then.',
  });
}

function presentAgent({ id, body }: Stored<StoredAgent>, now: number): JsonObject {
  const { allow, ...rest } = body;
  return { id, state: body.expiresAt <= now ? 'expired' : 'active', ...rest, allow: allow === '*' ? allow : allow.map((rule): Json => ({ ...rule })) };
}
