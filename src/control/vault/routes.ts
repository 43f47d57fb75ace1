import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, listStored, needStored, type Stored } from '../stored.ts';
import type { Control } from '../control.ts';
import { mintCanary } from './canary.ts';
import { readUnknown } from './known.ts';
import { credentialFindings, referencesOf, secretFindings } from './findings.ts';
import type { VaultStatus } from './keeper.ts';
import { CANARY, REKEY, REVOKE_VERSION, ROTATE_SECRET, SECRET_NAME, SET_SECRET, UNLOCK, type StoredSecret } from './schema.ts';
import { presentSecret, revokeVersion, rotateSecret, setSecret } from './secrets.ts';
import { readVaultSettings } from './settings.ts';

const readRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/vault', summary: 'Secrets of the space without their values, and where the vault\'s key rests',
    access: 'read', reach: 'space',
    act: async ({ space }, { store, vault, releases, now }) => {
      const secrets = await listStored(store, 'secret', space);
      const { providers } = await readVaultSettings(store);
      const unknown = await readUnknown(store, space);
      return {
        ...presentStatus(await vault.status()),
        providers: Object.entries(providers).flatMap(([id, { type, spaces }]) => (spaces.includes(space) ? [{ id, type }] : [])),
        servers: await serverFindings(store, space, now()), alarms: releases.alarms.map((alarm): Json => ({ ...alarm })),
        secrets: secrets.map((secret) => ({ ...presentSecret(secret), findings: findingsOf(secret, unknown, now()) })),
      };
    },
  }),
  route({
    method: 'GET', path: '/vault/:name', summary: 'One secret without its value: its versions, and who uses it', access: 'read', reach: 'space',
    act: async ({ space, params }, { store, now }) => {
      const secret = await needStored(store, 'secret', space, params['name'] ?? '');
      const findings = findingsOf(secret, await readUnknown(store, space), now());
      return { ...presentSecret(secret), findings, usedBy: await usersOf(store, space, secret.id) };
    },
  }),
  route({
    method: 'POST', path: '/vault/:name/check', summary: 'Whether the secret can be opened or read now; its value is not shown',
    access: 'change', reach: 'space',
    act: async ({ space, params }, { store, vault }) => {
      const { id } = await needStored(store, 'secret', space, params['name'] ?? '');
      const { version } = await vault.read(space, `vault:${id}`);
      return { name: id, opens: true, ...(version === undefined ? {} : { version }) };
    },
  }),
];

const changeRoutes: readonly Route[] = [
  route({
    method: 'PUT', path: '/vault/:name', summary: 'Set a secret, or say which provider holds it',
    access: 'change', reach: 'space', body: SET_SECRET, local: true,
    act: ({ admin, space, params, body }, control) =>
      known(control, setSecret(control, { admin, space }, validate(SECRET_NAME, params['name'], 'name'), body)),
  }),
  route({
    method: 'POST', path: '/vault/:name/rotate', summary: 'A new version of a secret; older ones stay until they are revoked',
    access: 'change', reach: 'space',
    body: ROTATE_SECRET, local: true,
    act: ({ admin, space, params, body }, control) => known(control, rotateSecret(control, { admin, space }, params['name'] ?? '', body)),
  }),
  route({
    method: 'POST', path: '/vault/:name/revoke', summary: 'Revoke one version for good: what was sealed is gone',
    access: 'change', reach: 'space', body: REVOKE_VERSION,
    act: ({ admin, space, params, body }, control) => known(control, revokeVersion(control, { admin, space }, params['name'] ?? '', body.version)),
  }),
  route({
    method: 'DELETE', path: '/vault/:name', summary: 'Remove a secret that nothing refers to', access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const name = params['name'] ?? '';
      return known(control, control.change({ admin, space }, { resource: 'secret', id: name, verb: 'remove' }, async (rows) => {
        await checkUnused(rows, space, name);
        await deleteStored(rows, 'secret', space, name, admin.id);
        return { name };
      }));
    },
  }),
  route({
    method: 'POST', path: '/vault/:name/canary', summary: 'Make a canary: a value that opens nothing, shown once, to be planted where only a thief finds it',
    access: 'change', reach: 'space', body: CANARY, local: true,
    act: ({ admin, space, params, body }, control) =>
      known(control, mintCanary(control, { admin, space }, validate(SECRET_NAME, params['name'], 'name'), body)),
  }),
];

/** What the vault holds from now on is known to gateways before anybody is told that it does. */
async function known<T>(control: Control, work: Promise<T>): Promise<T> {
  const done = await work;
  await control.known.tend();
  return done;
}

const keyRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/vault/unlock', summary: 'Say the passphrase that opens the vault\'s key',
    access: 'change', reach: 'organisation', body: UNLOCK, local: true,
    act: async ({ body }, control) => {
      const { vault } = control;
      await known(control, vault.unlock(body.passphrase));
      return presentStatus(await vault.status());
    },
  }),
  route({
    method: 'POST', path: '/vault/rekey', summary: 'A new key for the vault: everything is sealed anew, or nothing is',
    access: 'change', reach: 'organisation', body: REKEY, local: true,
    act: async ({ admin, space, body }, { vault }) => ({ ...(await vault.rekey({ admin, space }, body)) }),
  }),
];

export const vaultRoutes: readonly Route[] = [...readRoutes, ...changeRoutes, ...keyRoutes];

function presentStatus({ key, state, wanted }: VaultStatus): { readonly [field: string]: Json } {
  return { key: key === null ? null : { ...key }, state, wanted };
}

/** Nobody owns a canary, or has to rotate it. */
function findingsOf({ id, body }: Stored<StoredSecret>, unknown: readonly string[], now: number): readonly Json[] {
  const left = unknown.includes(id) ? [{
    rule: 'secret-not-recognised', severity: 'info', item: id, message: 'Nobody finds it in messages: it is like other text, or somebody else keeps it.',
  }] : [];
  return [...(body.canary === undefined ? secretFindings(body, id, now) : []).map((one): Json => ({ ...one })), ...left];
}

/** Servers with something to say of how their credentials are kept. */
async function serverFindings(rows: Rows, space: string, now: number): Promise<readonly Json[]> {
  const servers = await listStored(rows, 'server', space);
  const found = await Promise.all(servers.map(async ({ id, body }) => ({ id, findings: [...(await credentialFindings(rows, space, body, now))] })));
  return found.filter(({ findings }) => findings.length > 0);
}

async function usersOf(rows: Rows, space: string, name: string): Promise<readonly string[]> {
  const servers = await listStored(rows, 'server', space);
  return servers.flatMap(({ id, body }) => (referencesOf(body).includes(`vault:${name}`) ? [id] : []));
}

async function checkUnused(rows: Rows, space: string, name: string): Promise<void> {
  const users = await usersOf(rows, space, name);
  if (users.length === 0) return;
  throw new SallyportError('ERR_CONFLICT', `the secret is used by ${users.join(', ')}`, { remedy: 'Let those servers refer to another one first.' });
}
