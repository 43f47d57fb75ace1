import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { Json } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listensOnLoopback } from '../manifest/settings.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { TOKENS } from './answer.ts';
import { NEW_TOKEN } from './schema.ts';
import type { StoredToken } from './schema.ts';
import { makeAgentToken } from './token.ts';

export const tokenRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/tokens', summary: 'Agent tokens of the space, without the tokens', access: 'read', reach: 'space', answer: TOKENS,
    act: async ({ space }, { store, now }) => ({ tokens: (await listStored(store, 'token', space)).map((token) => presentToken(token, now())) }),
  }),
  route({
    method: 'POST', path: '/tokens', summary: 'Make an agent token; it is shown this once', access: 'change', reach: 'space', body: NEW_TOKEN,
    act: async ({ admin, space, body }, control) => {
      checkSubject(body.subject ?? body.agent);
      const { id, token, hash } = makeAgentToken();
      const issuedAt = control.now();
      const { ttlMs, ...rest } = body;
      const agent: StoredToken = { ...rest, subject: body.subject ?? body.agent, hash, issuedAt, expiresAt: issuedAt + ttlMs, madeBy: admin.id };
      const what = {
        resource: 'token', id, verb: 'create', detail: { agent: agent.agent, subject: agent.subject, audience: agent.audience, expiresAt: agent.expiresAt },
      };
      await control.change({ admin, space }, what, async (rows) => {
        await checkTtl(rows, ttlMs);
        await checkAudience(rows, space, agent.audience);
        await putStored(rows, 'token', space, id, agent, admin.id);
      });
      return { ...presentToken({ id, space, body: agent }, issuedAt), token };
    },
  }),
  route({
    method: 'DELETE', path: '/tokens/:id', summary: 'Revoke a token by its id; gateways obey at once, open calls end', access: 'stop', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      const revokedAt = control.now();
      return control.change({ admin, space }, { resource: 'token', id, verb: 'revoke' }, async (rows) => {
        const agent = await needStored(rows, 'token', space, id);
        const next = { ...agent.body, revokedAt: agent.body.revokedAt ?? revokedAt };
        await putStored(rows, 'token', space, id, next, admin.id);
        return presentToken({ ...agent, body: next }, revokedAt);
      });
    },
  }),
];

/** What an administrator sees of a token: never the token, nor its hash. */
function presentToken({ id, body }: Stored<StoredToken>, now: number): { readonly [key: string]: Json } {
  const state = body.revokedAt !== undefined ? 'revoked' : body.expiresAt <= now ? 'expired' : 'active';
  const { hash: _, ...rest } = body;
  return { id, state, ...rest };
}

/** The registry's own workload is known by its id alone; nobody else may be called by it. */
function checkSubject(subject: string): void {
  if (`sallyport|${subject}` !== REGISTRY_PRINCIPAL_ID) return;
  throw new SallyportError('ERR_REQUEST_INVALID', `body.subject: "${subject}" is the name of the gate's own workload`, { remedy: 'Choose another name.' });
}

async function checkTtl(rows: Rows, ttlMs: number): Promise<void> {
  if (ttlMs <= LIMITS.agentTokenTtlMsMax || await listensOnLoopback(rows)) return;
  throw new SallyportError(
    'ERR_REQUEST_INVALID', 'body.ttlMs: a token of a gateway beyond loopback lives 24 hours at most', { remedy: 'Ask for 24h or less.' },
  );
}

/** A token for a route that does not exist is a typing error that would show only much later. */
async function checkAudience(rows: Rows, space: string, audience: readonly string[]): Promise<void> {
  for (const path of audience) {
    const [, toolset, name] = /^\/mcp\/(t\/)?(.+)$/.exec(path) ?? [];
    if (name !== undefined) await needStored(rows, toolset === undefined ? 'server' : 'toolset', space, name);
  }
}
