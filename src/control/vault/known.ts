import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { digestSecrets, isRecognisable, type Secret } from '../../detect/secrets/digest.ts';
import { sealKnown } from '../../detect/secrets/sealed.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import { decodeJson } from '../../store/body.ts';
import type { By, Control } from '../control.ts';
import { listStored, type Stored } from '../stored.ts';
import type { StoredSecret } from './schema.ts';
import { openVersion } from './secrets.ts';

const ID = 'known-secrets';
const KNOWN = z.strictObject({
  /** What it was made of: names and versions, digested. */
  of: z.string(),
  sealed: z.string(),
  /** Secrets that can't be told from other text, or that somebody else keeps: nobody finds them. */
  left: z.array(z.string()),
});

/** Sees to it that gateways know the secrets of the vault, and canaries, when they meet them, and never what they are. */
export interface KnownKeeper {
  /** Makes the digests anew where the vault has changed. Never rejects: what fails is a problem of the installation's, told in its status. */
  tend(): Promise<void>;
}

export interface KnownParts extends Pick<Control, 'store' | 'change' | 'vault' | 'snapshots'> {
  /** `knownKeyOf` the key that gateways are given. */
  readonly key: Uint8Array;
}

const SELF = 'sallyport|control';

export function createKnownKeeper(parts: KnownParts): KnownKeeper {
  let last: Promise<void> = Promise.resolve();
  const tendAll = async (): Promise<void> => {
    const secrets = await listStored(parts.store, 'secret');
    const before = (await parts.store.list('setting')).filter(({ id }) => id === ID).map(({ space }) => space);
    for (const space of new Set([...secrets.map((one) => one.space), ...before])) {
      await tendSpace(parts, space, secrets.filter((one) => one.space === space));
    }
    parts.snapshots.tell('secrets');
  };
  return {
    tend: () => {
      last = last.then(tendAll).catch((error: unknown) => {
        const why = error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke';
        parts.snapshots.tell('secrets', `gateways do not know the newest secrets of the vault: ${why}`);
      });
      return last;
    },
  };
}

/** The sets of all spaces, as snapshots carry them. */
export async function readKnown(rows: Rows): Promise<Readonly<Record<string, string>>> {
  const kept = (await rows.list('setting')).filter(({ id }) => id === ID);
  return Object.fromEntries(kept.map(({ space, body }) => [space, KNOWN.parse(body).sealed]));
}

/** Names of the secrets that nobody would find. */
export async function readUnknown(rows: Rows, space: string): Promise<readonly string[]> {
  const row = await rows.get('setting', space, ID);
  return row === undefined ? [] : KNOWN.parse(row.body).left;
}

type Kept = Stored<StoredSecret>;

async function tendSpace(parts: KnownParts, space: string, secrets: readonly Kept[]): Promise<void> {
  const of = createHash('sha256').update(JSON.stringify(secrets.map(({ id, body }) => [id, versionsOf(body)]))).digest('hex');
  const row = await parts.store.get('setting', space, ID);
  if ((row === undefined ? undefined : KNOWN.parse(row.body).of) === of || (row === undefined && secrets.length === 0)) return;
  const opened = await openAll(parts, space, secrets);
  const known = opened.filter(({ value }) => isRecognisable(value)).slice(0, LIMITS.knownSecretsMax);
  const names = new Set(known.map(({ name }) => name));
  const left = secrets.map(({ id }) => id).filter((id) => !names.has(id));
  const sealed = sealKnown(parts.key, space, digestSecrets(randomBytes(32).toString('base64url'), known));
  const by: By = { admin: { id: SELF, may: [] }, space };
  // Only how many: whoever reads records learns no name by it that records of the vault don't say.
  const what = { resource: ID, id: ID, verb: 'update', detail: { known: known.length, left: left.length } };
  await parts.change(by, what, async (rows) => {
    if (secrets.length === 0) await rows.delete('setting', space, ID, { by: SELF });
    else await rows.put('setting', space, ID, decodeJson(JSON.stringify({ of, sealed, left })), { by: SELF });
  });
}

/** Every version that is not revoked: what is not in use any more may still be good where it came from. Newest secrets first. */
async function openAll({ vault }: KnownParts, space: string, secrets: readonly Kept[]): Promise<readonly Secret[]> {
  const all: Secret[] = [];
  for (const { id, body } of secrets.toSorted((a, b) => b.body.createdAt - a.body.createdAt)) {
    for (const version of versionsOf(body)) {
      all.push({ name: id, kind: body.canary === undefined ? 'vault' : 'canary', value: await openVersion(vault.sealer, space, id, body, version) });
    }
  }
  return all;
}

function versionsOf({ holds }: StoredSecret): readonly number[] {
  return holds.kind === 'provider' ? [] : holds.versions.flatMap(({ version, sealed }) => (sealed === undefined ? [] : [version]));
}
