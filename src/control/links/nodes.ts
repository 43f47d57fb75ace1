import { createHash, X509Certificate } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readRequest } from '../../link/authority.ts';
import type { DeadKey } from '../../link/machines/credentials.ts';
import { readMachine, type MachineName } from '../../link/machines/machine.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { validate } from '../route.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { JOIN, type StoredLinkNode } from './schema.ts';

/** A certificate over a dead key may be a day old and its reader's clock a little behind. */
const DEAD_MS = LIMITS.linkCertificateMs + 60 * 60_000;

export function tokenIdOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function nodeIdOf({ role, node }: MachineName): string {
  return `${role}.${node}`;
}

/**
 * Lets a machine in by its token, which is used up with that. One that joins anew under the same name replaces the former: its
 * certificates are dead. Throws `ERR_LINK_AUTH`, in the same words whatever is wrong with a token.
 */
export async function joinNode(control: Control, said: Json, address: string): Promise<JsonObject> {
  const { role, node, secret, request } = validate(JOIN, said, 'join');
  const publicKey = await readRequest(request);
  const who = { role, node };
  const now = control.now();
  const certificate = await control.store.transaction(async (rows) => {
    const token = (await findStored(rows, 'link-token', DEFAULT_SPACE, tokenIdOf(secret)))?.body;
    if (token?.role !== role || token.node !== node || token.expiresAt <= now) {
      throw new SallyportError('ERR_LINK_AUTH', 'this join token is not good for this role and node', {
        remedy: 'It is good once, for a short time; make a new one.',
      });
    }
    await rows.delete('link-token', DEFAULT_SPACE, tokenIdOf(secret), { by: byOf(who) });
    const { pem, key, expiresAt } = await certify(control, publicKey, who);
    const before = (await findStored(rows, 'link-node', DEFAULT_SPACE, nodeIdOf(who)))?.body;
    const dead = before === undefined ? [] : buried(before, now);
    await record(control, who, 'join', { node, role, key, address, expiresAt, ...(before === undefined ? {} : { replaces: before.key }) });
    const row = { role, node, publicKey, key, address, joinedAt: now, renewedAt: now, expiresAt, dead };
    await putStored(rows, 'link-node', DEFAULT_SPACE, nodeIdOf(who), row, byOf(who));
    return pem;
  });
  control.machines.news.notify();
  return { certificate, controlKey: control.machines.controlKey };
}

/** A certificate anew, over the key that the node joined with. Throws `ERR_LINK_AUTH` for one that was revoked. */
export async function renewNode(control: Control, who: MachineName): Promise<JsonObject> {
  const now = control.now();
  const certificate = await control.store.transaction(async (rows) => {
    const known = (await findStored(rows, 'link-node', DEFAULT_SPACE, nodeIdOf(who)))?.body;
    if (known === undefined || known.revokedAt !== undefined) throw new SallyportError('ERR_LINK_AUTH', `${who.role} ${who.node} is not let in any more`);
    const { pem, key, expiresAt } = await certify(control, known.publicKey, who);
    await record(control, who, 'renew', { node: who.node, role: who.role, key, expiresAt });
    await putStored(rows, 'link-node', DEFAULT_SPACE, nodeIdOf(who), { ...known, renewedAt: now, expiresAt }, byOf(who));
    return pem;
  });
  return { certificate };
}

/** The node after its revocation: every key that it ever had is dead. */
export function revoked(node: StoredLinkNode, now: number): StoredLinkNode {
  return { ...node, revokedAt: node.revokedAt ?? now, dead: buried(node, now) };
}

/** All keys that are dead and could otherwise still be believed. */
export async function listDead(rows: Rows, now: number): Promise<readonly DeadKey[]> {
  return (await listStored(rows, 'link-node', DEFAULT_SPACE)).flatMap(({ body }) => body.dead.filter(({ until }) => until > now));
}

function buried({ key, dead }: StoredLinkNode, now: number): StoredLinkNode['dead'] {
  return [...dead.filter((one) => one.until > now && one.key !== key), { key, until: now + DEAD_MS }];
}

async function certify(
  { machines, now }: Control, publicKey: string, who: MachineName,
): Promise<{ readonly pem: string; readonly key: string; readonly expiresAt: number }> {
  const pem = await machines.certify(publicKey, who);
  const { key, expiresAt } = readMachine(new X509Certificate(pem), new X509Certificate(machines.authority), now());
  return { pem, key, expiresAt };
}

/** Durable before it is done, as every change is. */
function record(control: Control, who: MachineName, verb: string, detail: JsonObject): Promise<void> {
  return control.record({
    event: 'config.changed', space: DEFAULT_SPACE, principal: byOf(who), principalKind: 'workload', action: `link.${verb}`,
    detail: { resource: 'link', id: nodeIdOf(who), verb, ...detail },
  });
}

function byOf({ role, node }: MachineName): string {
  return `sallyport|${role}/${node}`;
}
