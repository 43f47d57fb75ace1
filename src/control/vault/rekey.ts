import { SallyportError } from '../../domain/errors.ts';
import type { Rows, VersionRow } from '../../store/store.ts';
import { isSealed, openEnvelope, sealFor } from '../../vault/envelope.ts';
import { makeIdentity, openIdentity } from '../../vault/identity.ts';
import type { VaultKey } from '../../vault/identity.ts';
import { replaceSealed, reseal, SEALED_KINDS } from '../../vault/seal.ts';
import type { By } from '../control.ts';
import type { VaultParts } from './keeper.ts';
import type { Rekey } from './schema.ts';
import { readKeyInUse, writeKeyInUse } from './settings.ts';
import type { KeyInUse } from './settings.ts';

/**
 * Both keys rest in the source while everything is sealed anew in one transaction, which also says which of them is in use:
 * whenever control is killed, the key that the store names is there. The old one is taken out last.
 */
export async function renewKey(
  { store, change, source }: VaultParts, by: By, inUse: KeyInUse, oldIdentity: string, wish: Rekey,
): Promise<{ readonly key: VaultKey; readonly resealed: number }> {
  const identity = await makeIdentity();
  const [from, to] = [await openIdentity(oldIdentity), await openIdentity(identity)];
  const name = wish.source ?? inUse.source;
  const moves = name !== inUse.source;
  const place = source(name, wish.newPassphrase ?? wish.passphrase);
  await place.save(moves ? [identity] : [oldIdentity, identity]);
  const renewed = remembering((sealed) => reseal(from, to, sealed));
  // The work is done before the transaction, which then holds the store for a moment only.
  await resealAll(store, renewed);
  const readdressed = remembering(async (sealed) => sealFor(to.recipient, await openEnvelope(from, sealed)));
  await resealVersions(store, readdressed);
  const what = { resource: 'vault', id: 'key', verb: 'rekey', detail: { source: name, recipient: to.recipient } };
  const resealed = await change(by, what, async (rows) => {
    if ((await readKeyInUse(rows))?.recipient !== inUse.recipient) {
      throw new SallyportError('ERR_CONFLICT', 'the vault was given another key meanwhile', { remedy: 'Try again.' });
    }
    const all = await resealAll(rows, renewed);
    for (const { kind, space, id, body } of all) await rows.put(kind, space, id, body, { by: by.admin.id });
    for (const { number, content } of await resealVersions(rows, readdressed)) await rows.configuration.reseal(number, content);
    await writeKeyInUse(rows, { source: name, recipient: to.recipient }, by.admin.id, false);
    return all.reduce((sum, { texts }) => sum + texts, 0);
  });
  if (moves) await source(inUse.source, wish.passphrase).erase();
  else await place.save([identity]);
  return { key: to, resealed };
}

interface Resealed extends Pick<Awaited<ReturnType<Rows['list']>>[number], 'kind' | 'space' | 'id' | 'body'> {
  readonly texts: number;
}

/** Every row that holds something sealed, as it will be. */
async function resealAll(rows: Rows, renew: (sealed: string) => Promise<string>): Promise<readonly Resealed[]> {
  const all: Resealed[] = [];
  for (const kind of SEALED_KINDS) {
    for (const { space, id, body } of await rows.list(kind)) {
      let texts = 0;
      const next = await replaceSealed(body, (sealed) => {
        texts += 1;
        return renew(sealed);
      });
      if (texts > 0) all.push({ kind, space, id, body: next, texts });
    }
  }
  return all;
}

const VERSIONS_A_PAGE = 100;

/** Every version of the configuration whose content is sealed, as it will be. */
async function resealVersions(rows: Rows, renew: (sealed: string) => Promise<string>): Promise<readonly Pick<VersionRow, 'number' | 'content'>[]> {
  const all: Pick<VersionRow, 'number' | 'content'>[] = [];
  for (let at = 0; ;) {
    const page = await rows.configuration.after(at, VERSIONS_A_PAGE);
    for (const { number, content } of page) if (isSealed(content)) all.push({ number, content: await renew(content) });
    const last = page.at(-1);
    if (last === undefined) return all;
    at = last.number;
  }
}

function remembering(renew: (sealed: string) => Promise<string>): (sealed: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (sealed) => {
    const next = known.get(sealed) ?? await renew(sealed);
    known.set(sealed, next);
    return next;
  };
}
