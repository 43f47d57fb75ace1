import { randomBytes, X509Certificate } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readAddress } from '../../link/machines/address.ts';
import { writeJoinToken } from '../../link/machines/token.ts';
import type { Control } from '../control.ts';
import { route, type Route } from '../route.ts';
import { deleteStored, listStored, needStored, putStored, type Stored } from '../stored.ts';
import { nodeIdOf, revoked, tokenIdOf } from './nodes.ts';
import { NEW_LINK_TOKEN, type StoredLinkNode, type StoredLinkToken } from './schema.ts';

const SECRET_BYTES = 32;
/** Enough to name a token; its whole digest is nobody's business. */
const ID_CHARS = 12;
const WILDCARD = /^(0\.0\.0\.0|::)$/;

export const linkRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/links', summary: 'Roles on other machines, and the tokens by which more may join', access: 'read', reach: 'organisation',
    act: async (_asked, { store, now }) => {
      const nodes = await listStored(store, 'link-node', DEFAULT_SPACE);
      const tokens = await listStored(store, 'link-token', DEFAULT_SPACE);
      return {
        nodes: nodes.map(({ body }) => presentNode(body, now())),
        tokens: tokens.filter(({ body }) => body.expiresAt > now()).map(presentToken),
      };
    },
  }),
  route({
    method: 'POST', path: '/links/tokens', summary: 'Let one role on one machine join, once and soon; the token is shown this once',
    access: 'govern', reach: 'organisation', body: NEW_LINK_TOKEN,
    secretly: () => 'Whoever makes join tokens needs the right to do so alone.',
    act: async ({ admin, body: { role, node, ttlMs, control: at } }, control) => {
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const id = tokenIdOf(secret);
      const token: StoredLinkToken = { role, node, createdAt: control.now(), createdBy: admin.id, expiresAt: control.now() + ttlMs };
      const address = whereControlIs(control, at);
      const what = { resource: 'link-token', id: id.slice(0, ID_CHARS), verb: 'create', detail: { role, node, expiresAt: token.expiresAt } };
      await control.change({ admin, space: DEFAULT_SPACE }, what, async (rows) => {
        for (const old of await listStored(rows, 'link-token', DEFAULT_SPACE)) {
          if (old.body.expiresAt <= token.createdAt) await rows.delete('link-token', DEFAULT_SPACE, old.id, { by: admin.id });
        }
        await putStored(rows, 'link-token', DEFAULT_SPACE, id, token, admin.id);
      });
      const authority = new X509Certificate(control.machines.authority).raw.toString('base64url');
      return { ...presentToken({ id, space: DEFAULT_SPACE, body: token }), token: writeJoinToken({ role, node, control: address, authority, secret }) };
    },
  }),
  route({
    method: 'DELETE', path: '/links/tokens/:id', summary: 'Take a join token back', access: 'stop', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = params['id'] ?? '';
      await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'link-token', id, verb: 'remove' }, async (rows) => {
        const found = id.length === ID_CHARS ? (await listStored(rows, 'link-token', DEFAULT_SPACE)).find((one) => one.id.startsWith(id)) : undefined;
        await deleteStored(rows, 'link-token', DEFAULT_SPACE, found?.id ?? id, admin.id);
      });
      return { id };
    },
  }),
  route({
    method: 'POST', path: '/links/nodes/:role/:node/revoke', summary: 'Shut a role on a machine out: its connections end at once, everywhere',
    access: 'stop', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = `${params['role'] ?? ''}.${params['node'] ?? ''}`;
      const node = await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'link', id, verb: 'revoke' }, async (rows) => {
        const { body } = await needStored(rows, 'link-node', DEFAULT_SPACE, id);
        const ended = revoked(body, control.now());
        await putStored(rows, 'link-node', DEFAULT_SPACE, nodeIdOf(body), ended, admin.id);
        return ended;
      });
      control.machines.news.notify();
      return presentNode(node, control.now());
    },
  }),
];

/** What stands in the token. Throws `ERR_REQUEST_INVALID` when other machines would not find control by it. */
function whereControlIs({ machines }: Control, given: string | undefined): string {
  const listens = machines.address();
  if (listens === undefined) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'control does not listen for other machines', {
      remedy: 'Start it (sallyport up, or role control) with --link-listen HOST:PORT.',
    });
  }
  const address = given ?? listens;
  if (!WILDCARD.test(readAddress(address).hostname)) return address;
  throw new SallyportError('ERR_REQUEST_INVALID', 'control listens on every address of its machine', {
    remedy: 'Say which one the new machine finds it by: --at HOST:PORT.',
  });
}

function presentToken({ id, body: { role, node, createdAt, createdBy, expiresAt } }: Stored<StoredLinkToken>): JsonObject {
  return { id: id.slice(0, ID_CHARS), role, node, createdAt, createdBy, expiresAt };
}

function presentNode({ role, node, key, address, joinedAt, renewedAt, expiresAt, revokedAt }: StoredLinkNode, now: number): JsonObject {
  const state = revokedAt !== undefined ? 'revoked' : expiresAt <= now ? 'expired' : 'joined';
  return { role, node, state, key, address, joinedAt, renewedAt, expiresAt, ...(revokedAt === undefined ? {} : { revokedAt }) };
}
