import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';
import { readByCommand } from '../../vault/exec-provider.ts';
import type { HashicorpReader } from '../../vault/hashicorp.ts';
import { isExpired } from '../../vault/keep.ts';
import type { Sealer } from '../../vault/seal.ts';
import { activeContainments } from '../containments/active.ts';
import type { Control } from '../control.ts';
import { findStored } from '../stored.ts';
import type { MachineSecrets } from './machine-secrets.ts';
import { currentOf, noteUse, openVersion, versionId } from './secrets.ts';
import { readVaultSettings } from './settings.ts';

/** A secret in clear, for the moment in which it is needed. */
export interface Resolved {
  readonly value: string;
  /** Of a secret that the vault itself holds. */
  readonly version?: number;
  /** How long its own source says that it is good for. */
  readonly ttlMs?: number;
  /** The last day on which it may be used, as the vault knows it. */
  readonly expires?: string;
}

/** Resolves references to secrets (`env:NAME`, `file:/path`, `vault:NAME`). */
export interface SecretReader {
  /**
   * Throws `ERR_UPSTREAM_CREDENTIAL` for what is missing or empty, `ERR_SECRET_EXPIRED`, `ERR_PROVIDER_FAILED`, `ERR_VAULT_*`;
   * never says the secret.
   */
  read(space: string, reference: string): Promise<Resolved>;
}

export interface ReaderParts extends Pick<Control, 'store' | 'now'> {
  readonly sealer: Sealer;
  readonly hashicorp: HashicorpReader;
  readonly machine: MachineSecrets;
}

export function createSecretReader(parts: ReaderParts): SecretReader {
  return {
    read: async (space, reference) => {
      const found = await resolve(parts, space, reference, true);
      if (found === undefined || found.value === '') throw missing(reference);
      return found;
    },
  };
}

/** `provided`: whether somebody else may be asked; not for what a provider itself needs to be asked. */
async function resolve(parts: ReaderParts, space: string, reference: string, provided: boolean): Promise<Resolved | undefined> {
  const at = reference.indexOf(':');
  const [kind, name] = [reference.slice(0, at), reference.slice(at + 1)];
  if (kind === 'vault') return fromVault(parts, space, name, provided);
  // Control's environment and files are the machine's: whoever administers one space would have them all sent to a server of theirs.
  if (space !== DEFAULT_SPACE) {
    throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', `the space ${space} has no ${kind}: secrets; they are the default space's`, {
      remedy: `Put it into the vault of the space: sallyport vault set NAME --space ${space}, and name it vault:NAME.`,
    });
  }
  const value = kind === 'env' ? parts.machine.variable(name) : kind === 'file' ? await parts.machine.file(name) : undefined;
  return value === undefined ? undefined : { value };
}

async function fromVault(parts: ReaderParts, space: string, name: string, provided: boolean): Promise<Resolved | undefined> {
  const found = await findStored(parts.store, 'secret', space, name);
  if (found === undefined) return undefined;
  // Bait opens nothing, and whoever is sent it would have it from us.
  if (found.body.canary !== undefined) return undefined;
  const { holds, expires } = found.body;
  if (isExpired(found.body, parts.now())) throw expired(`secret ${name}`, found.body.expires);
  if (holds.kind === 'provider') {
    await needNotHeld(parts, space, `vault|${space}/${name}`, name);
    const read = provided ? await fromProvider(parts, space, holds) : undefined;
    await noteUse(parts.store, found, parts.now());
    return read === undefined || expires === undefined ? read : { ...read, expires };
  }
  const version = currentOf(found.body)?.version;
  if (version === undefined) return undefined;
  await needNotHeld(parts, space, versionId(space, name, version), name);
  const value = await openVersion(parts.sealer, space, name, found.body, version);
  await noteUse(parts.store, found, parts.now());
  return { value, version, ...(expires === undefined ? {} : { expires }) };
}

/** Nobody is given what a containment holds until it is rotated: it may be known to others. */
async function needNotHeld({ store, now }: ReaderParts, space: string, id: string, name: string): Promise<void> {
  const held = (await activeContainments(store, now(), space)).some(({ body }) => body.verb === 'rotate-secret' && body.result?.['holds'] === id);
  if (!held) return;
  throw new SallyportError('ERR_SECRET_EXPIRED', `secret ${name} is held by a containment until it is rotated`, {
    remedy: `Set its next version with: sallyport vault rotate ${name}`,
  });
}

async function fromProvider(
  parts: ReaderParts, space: string, { provider: name, argument }: { readonly provider: string; readonly argument: string },
): Promise<Resolved> {
  const provider = (await readVaultSettings(parts.store)).providers[name];
  if (provider === undefined || !provider.spaces.includes(space)) {
    throw new SallyportError('ERR_PROVIDER_FAILED', `there is no provider "${name}" for this space`, {
      remedy: 'Declare it under vault.providers of sallyport.yaml.',
    });
  }
  // What a provider needs belongs to the installation, whoever's secret it is asked for.
  const own = async (reference: string): Promise<string> => {
    const found = await resolve(parts, DEFAULT_SPACE, reference, false);
    if (found === undefined || found.value === '') throw missing(reference);
    return found.value;
  };
  if (provider.type === 'hashicorp') {
    return parts.hashicorp.read(provider, argument, () => own(provider.auth.secret), AbortSignal.timeout(LIMITS.providerTimeoutMs));
  }
  const env = Object.fromEntries(await Promise.all(Object.entries(provider.env).map(async ([variable, value]) =>
    [variable, SECRET_REFERENCE.test(value) ? await own(value) : value] as const)));
  const { command, timeoutMs } = provider;
  return { value: await readByCommand({ command, env, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, argument) };
}

const REMEDIES: Readonly<Record<string, (name: string) => string>> = {
  env: (name) => `Set ${name} in the environment that control is started in.`,
  file: (name) => `Write the secret to ${name} (mode 0600).`,
  vault: (name) => `Set it with: sallyport vault set ${name}`,
};

/** A reference that leads to nothing that can be used. */
export function missing(reference: string): SallyportError {
  const at = reference.indexOf(':');
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `the secret ${reference} is missing, empty or not usable where it is named`, {
    remedy: REMEDIES[reference.slice(0, at)]?.(reference.slice(at + 1)) ?? 'Give it as vault:NAME, env:NAME or file:/path.',
  });
}

export function expired(what: string, on: string | undefined): SallyportError {
  return new SallyportError('ERR_SECRET_EXPIRED', `the credential is not used any more: ${what} was to be used until ${on ?? 'now'}`, {
    remedy: 'Whoever owns it gets a new one from its issuer, then: sallyport vault rotate NAME --expires DATE (or a later date in sallyport.yaml).',
  });
}
