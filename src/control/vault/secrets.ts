import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Keep } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { isApiArgument } from '../../vault/hashicorp.ts';
import { ARGUMENT, isSafeArgument } from '../../vault/exec-provider.ts';
import type { Bound, Sealer } from '../../vault/seal.ts';
import type { By, Control } from '../control.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { RotateSecret, SecretVersion, SetSecret, StoredSecret } from './schema.ts';
import { readKeyInUse, readVaultSettings } from './settings.ts';

/** The parts of control that keep secrets. */
export type Secrets = Pick<Control, 'store' | 'change' | 'now' | 'vault'>;

/** What a version is bound to: a text of another secret, space or version is not taken in its place. */
function boundTo(space: string, name: string, version: number): Bound {
  return ['secret', space, name, String(version)];
}

/** What names a version of a secret in records and revocations. */
export function versionId(space: string, name: string, version: number): string {
  return `vault|${space}/${name}@${version}`;
}

/** The version in use: the newest, unless it was revoked; then nothing is. */
export function currentOf({ holds }: StoredSecret): SecretVersion | undefined {
  const newest = holds.kind === 'sealed' ? holds.versions.at(-1) : undefined;
  return newest?.revokedAt === undefined ? newest : undefined;
}

/** Makes a secret, or a new version of it. What the body does not say of how it is kept stays as it was. */
export async function setSecret(secrets: Secrets, by: By, name: string, body: SetSecret & { readonly canary?: string }): Promise<JsonObject> {
  const known = await findStored(secrets.store, 'secret', by.space, name);
  if (known !== undefined && ('canary' in body) !== (known.body.canary !== undefined)) throw notBoth(name);
  if (!('value' in body)) return setProvided(secrets, by, name, body, known?.body);
  const { value, canary, ...keep } = body;
  return addVersion(secrets, by, { name, known: known?.body, value, keep: canary === undefined ? keep : { ...keep, canary }, verb: 'set', revokeOld: false });
}

/** A new version of a secret that there is. The old rotation date is gone with the old value, unless a new one is given. */
export async function rotateSecret(secrets: Secrets, by: By, name: string, body: RotateSecret): Promise<JsonObject> {
  const { body: known } = await needStored(secrets.store, 'secret', by.space, name);
  const { value, restore, revokeOld, ...keep } = body;
  const next = value ?? await openVersion(secrets.vault.sealer, by.space, name, known, restore ?? 0);
  return addVersion(secrets, by, { name, known, value: next, keep, verb: 'rotate', revokeOld });
}

interface Addition {
  readonly name: string;
  readonly known: StoredSecret | undefined;
  readonly value: string;
  readonly keep: Keep & { readonly canary?: string };
  readonly verb: 'set' | 'rotate';
  readonly revokeOld: boolean;
}

async function addVersion({ store, change, now, vault }: Secrets, by: By, { name, known, value, keep, verb, revokeOld }: Addition): Promise<JsonObject> {
  const before = known?.holds.kind === 'sealed' ? known.holds.versions : [];
  const version = (before.at(-1)?.version ?? 0) + 1;
  const createdAt = now();
  const sealed = await vault.sealer.seal(boundTo(by.space, name, version), value);
  const inUse = (await readKeyInUse(store))?.recipient;
  const old = revokeOld ? before.map((one) => revoked(one, createdAt)) : before;
  const versions = [...old.slice(1 - LIMITS.secretVersionsMax), { version, createdAt, createdBy: by.admin.id, sealed }];
  const { expires: _expires, rotateBy: _rotateBy, ...owned } = keepOf(known);
  const body: StoredSecret = {
    ...owned, ...keep, createdAt: known?.createdAt ?? createdAt,
    ...(known?.lastUsedAt === undefined ? {} : { lastUsedAt: known.lastUsedAt }), holds: { kind: 'sealed', versions },
  };
  return change(by, { resource: 'secret', id: name, verb, detail: { version } }, async (rows) => {
    const newest = (await findStored(rows, 'secret', by.space, name))?.body.holds;
    const reached = newest?.kind === 'sealed' ? (newest.versions.at(-1)?.version ?? 0) : 0;
    if (reached !== version - 1 || (await readKeyInUse(rows))?.recipient !== inUse) throw meanwhile();
    await putStored(rows, 'secret', by.space, name, body, by.admin.id);
    return { name, version };
  });
}

async function setProvided(
  { change, now }: Secrets, by: By, name: string, body: Extract<SetSecret, { provider: string }>, known?: StoredSecret,
): Promise<JsonObject> {
  const { provider, argument, ...keep } = body;
  const stored: StoredSecret = { ...keepOf(known), ...keep, createdAt: known?.createdAt ?? now(), holds: { kind: 'provider', provider, argument } };
  return change(by, { resource: 'secret', id: name, verb: 'set', detail: { provider } }, async (rows) => {
    await checkProvided(rows, by.space, provider, argument);
    await putStored(rows, 'secret', by.space, name, stored, by.admin.id);
    return { name, provider };
  });
}

/** Throws `ERR_NOT_FOUND`, `ERR_REQUEST_INVALID` for what the provider would not be asked. */
async function checkProvided(rows: Rows, space: string, name: string, argument: string): Promise<void> {
  const provider = (await readVaultSettings(rows)).providers[name];
  if (provider === undefined || !provider.spaces.includes(space)) {
    throw new SallyportError('ERR_NOT_FOUND', `there is no provider "${name}" for this space`, {
      remedy: 'Declare it under vault.providers of sallyport.yaml.',
    });
  }
  const fits = provider.type === 'hashicorp' ? isApiArgument(argument) : provider.command.includes(ARGUMENT) ? isSafeArgument(argument) : argument === '';
  if (fits) return;
  throw new SallyportError('ERR_REQUEST_INVALID', `this is nothing that provider "${name}" can be asked`, {
    remedy: provider.type === 'hashicorp' ? 'Give it as path#field.' : 'Give what stands in place of {argument}; it cannot begin with "-".',
  });
}

/** Versions that a gateway may still hold a lease of, though they were revoked. */
export async function revokedSecrets(rows: Rows, now: number): Promise<readonly string[]> {
  return (await listStored(rows, 'secret')).flatMap(({ space, id, body: { holds } }) => (holds.kind === 'provider' ? [] : holds.versions.flatMap(
    ({ version, revokedAt = 0 }) => (revokedAt + LIMITS.credentialLeaseMs > now ? [versionId(space, id, version)] : []),
  )));
}

/** Takes a version out of use for good: its sealed text is gone. */
export async function revokeVersion({ change, now }: Secrets, by: By, name: string, version: number): Promise<JsonObject> {
  return change(by, { resource: 'secret', id: name, verb: 'revoke', detail: { version } }, async (rows) => {
    const { body } = await needStored(rows, 'secret', by.space, name);
    if (body.holds.kind !== 'sealed' || !body.holds.versions.some((one) => one.version === version)) throw noVersion(name, version);
    const versions = body.holds.versions.map((one) => (one.version === version ? revoked(one, now()) : one));
    await putStored(rows, 'secret', by.space, name, { ...body, holds: { kind: 'sealed', versions } }, by.admin.id);
    return { name, version };
  });
}

export async function openVersion(sealer: Sealer, space: string, name: string, { holds }: StoredSecret, version: number): Promise<string> {
  const found = holds.kind === 'sealed' ? holds.versions.find((one) => one.version === version) : undefined;
  if (found?.sealed === undefined) throw noVersion(name, version);
  return sealer.open(boundTo(space, name, version), found.sealed);
}

/** Remembers when a secret was last used, to the minute: reading one must not write each time. */
export async function noteUse(store: Control['store'], { space, id, body }: Stored<StoredSecret>, now: number): Promise<void> {
  if (now - (body.lastUsedAt ?? 0) < USE_NOTED_MS) return;
  await store.transaction(async (rows) => {
    const fresh = await findStored(rows, 'secret', space, id);
    if (fresh !== undefined) await putStored(rows, 'secret', space, id, { ...fresh.body, lastUsedAt: now }, 'sallyport|control');
  });
}

const USE_NOTED_MS = 60_000;

/** Everything but what is sealed. */
export function presentSecret({ id, body }: Stored<StoredSecret>): { readonly [key: string]: Json } {
  const { holds, ...rest } = body;
  if (holds.kind === 'provider') return { name: id, ...rest, provider: holds.provider, argument: holds.argument };
  const versions = holds.versions.map((version): Json => withoutText(version));
  return { name: id, ...rest, version: currentOf(body)?.version ?? null, versions };
}

function revoked(version: SecretVersion, now: number): SecretVersion {
  return { ...withoutText(version), revokedAt: version.revokedAt ?? now };
}

function withoutText(version: SecretVersion): Omit<SecretVersion, 'sealed'> {
  const { sealed: _, ...rest } = version;
  return rest;
}

function keepOf(known: StoredSecret | undefined): Keep & { readonly canary?: string } {
  const { owner, expires, rotateBy, canary } = known ?? {};
  return {
    ...(canary === undefined ? {} : { canary }),
    ...(owner === undefined ? {} : { owner }), ...(expires === undefined ? {} : { expires }), ...(rotateBy === undefined ? {} : { rotateBy }),
  };
}

function meanwhile(): SallyportError {
  return new SallyportError('ERR_CONFLICT', 'the secret or the vault\'s key was changed meanwhile', { remedy: 'Try again.' });
}

function notBoth(name: string): SallyportError {
  return new SallyportError('ERR_CONFLICT', `a secret and a canary cannot both be "${name}"`, { remedy: 'Take another name, or remove that one first.' });
}

function noVersion(name: string, version: number): SallyportError {
  return new SallyportError('ERR_NOT_FOUND', `the vault holds no version ${version} of "${name}"`, { remedy: 'See its history with: sallyport vault show' });
}
