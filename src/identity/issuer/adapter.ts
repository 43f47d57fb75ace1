import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import { digestOf } from '../credential.ts';
import type { IssuerParts } from './parts.ts';
import { deriveKey, openEntry, sealEntry } from './sealed-entry.ts';

/** What ends with its grant: once a grant is revoked, none of these is found any more. */
const OF_GRANTS: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/**
 * oidc-provider's storage over shared state. Names are digests and values are sealed, so that a stolen database has no
 * usable token. What must happen once (a code, a refresh token, a proof's `jti`) is decided by the state's own atomic write.
 */
export function createAdapterFactory(parts: Pick<IssuerParts, 'state' | 'secret' | 'findClient' | 'isRevoked' | 'revoke' | 'origin'>): AdapterFactory {
  const { state, secret, findClient, isRevoked: isDead, revoke, origin } = parts;
  const key = deriveKey(secret, 'entries');
  const read = async (place: string): Promise<string | undefined> => {
    const sealed = await state.get(place);
    return sealed === undefined ? undefined : openEntry(key, place, sealed);
  };
  const write = (place: string, text: string, ttlMs: number): Promise<void> => state.set(place, sealEntry(key, place, text), ttlMs);
  const isRevoked = async (grantId: string): Promise<boolean> => (await state.get(revokedPlace(grantId))) !== undefined;

  const find = async (model: string, id: string): Promise<AdapterPayload | undefined> => {
    const text = await read(placeOf(model, id));
    if (text === undefined) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sealed by this very file
    const payload = JSON.parse(text) as AdapterPayload;
    const { grantId } = payload;
    if (OF_GRANTS.has(model) && grantId !== undefined && await isRevoked(grantId)) return undefined;
    // Taken back by its person or an administrator: nothing more comes of it, and it is asked for anew.
    if (model === 'Grant' && await isDead([id])) return undefined;
    const consumed = await state.get(consumedPlace(model, id));
    return consumed === undefined ? payload : { ...payload, consumed: Number(consumed) };
  };
  const revokeByGrantId = (grantId: string): Promise<void> => state.set(revokedPlace(grantId), '1', LIMITS.grantMs);

  return (model: string): Adapter => ({
    find: async (id) => {
      if (model !== 'Client') return find(model, id);
      const client = await findClient(id) ?? await find(model, id);
      return client && { ...client, client_id: id };
    },
    upsert: async (id, payload, expiresIn) => {
      const ttlMs = Math.max(1, Math.ceil((expiresIn ?? LIMITS.grantMs / 1000) * 1000));
      const place = placeOf(model, id);
      const text = JSON.stringify(payload);
      // Looking first and writing then would let two of the same through at the same moment.
      if (model === 'ReplayDetection') {
        if (!(await state.setIfAbsent(place, sealEntry(key, place, text), ttlMs))) throw new errors.InvalidGrant('used before');
        return;
      }
      await write(place, text, ttlMs);
      if (model === 'Session' && payload.uid !== undefined) await write(indexPlace('uid', payload.uid), id, ttlMs);
      if (payload.userCode !== undefined) await write(indexPlace('user-code', payload.userCode), id, ttlMs);
    },
    findByUid: async (uid) => {
      const id = await read(indexPlace('uid', uid));
      return id === undefined ? undefined : find(model, id);
    },
    findByUserCode: async (userCode) => {
      const id = await read(indexPlace('user-code', userCode));
      return id === undefined ? undefined : find(model, id);
    },
    consume: async (id) => {
      const payload = await find(model, id);
      const isFirst = await state.setIfAbsent(consumedPlace(model, id), String(Math.floor(Date.now() / 1000)), LIMITS.grantMs);
      if (isFirst) return;
      if (payload?.grantId !== undefined) {
        await revokeByGrantId(payload.grantId);
        // Nobody knows which of the two was the thief: what the first got ends at the gateways too.
        await revoke({ credential: `${origin}|${payload.grantId}`, reason: 'a code or refresh token was used twice at the same moment' });
      }
      throw new errors.InvalidGrant('used at the same moment by somebody else');
    },
    destroy: async (id) => {
      await state.delete(placeOf(model, id));
    },
    revokeByGrantId: async (grantId) => {
      await revokeByGrantId(grantId);
    },
  });
}

function placeOf(model: string, id: string): string {
  return `oauth/${model}/${digestOf(id)}`;
}

function indexPlace(index: string, value: string): string {
  return `oauth/by-${index}/${digestOf(value)}`;
}

function consumedPlace(model: string, id: string): string {
  return `oauth/consumed/${model}/${digestOf(id)}`;
}

function revokedPlace(grantId: string): string {
  return `oauth/revoked/${digestOf(grantId)}`;
}
