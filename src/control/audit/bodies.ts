import { openBody, unwrapDataKey } from '../../audit/open-body.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Control } from '../control.ts';
import { openRetentionKey } from '../retention/keys.ts';
import type { SealedRecord } from './reader.ts';

/** The payloads of an exchange in clear, oldest first; of each that can't be shown, why. Throws `ERR_NOT_FOUND`, `ERR_VAULT_*`. */
export async function readBodies(control: Control, space: string, exchange: string): Promise<readonly Json[]> {
  const bodies = await control.ledger.bodies(space, exchange);
  if (bodies.length === 0) {
    throw new SallyportError('ERR_NOT_FOUND', 'no payload of that exchange is kept here', { remedy: 'The record says why, in detail.body.' });
  }
  return Promise.all(bodies.map(async (body) => ({ position: body.position, record: body.record, event: body.event, ...(await openOne(control, exchange, body)) })));
}

async function openOne({ store, vault }: Control, exchange: string, { record, sealed, key }: SealedRecord): Promise<{ readonly [name: string]: Json }> {
  if (sealed === null) return { missing: 'expired' };
  if (key === null) return { missing: 'its key was erased' };
  const identity = await openRetentionKey(store, vault.sealer, key);
  if (identity === undefined) return { missing: 'the key of its time was destroyed' };
  return { payload: openBody(await unwrapDataKey(identity, key.wrapped), sealed, { exchange, record }) };
}
