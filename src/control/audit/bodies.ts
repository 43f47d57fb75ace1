import { accessRequestsOf } from '../../audit/access-request.ts';
import { openBody, unwrapDataKey } from '../../audit/open-body.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import type { Control } from '../control.ts';
import { openRetentionKey } from '../retention/keys.ts';
import type { SealedRecord } from './reader.ts';

/**
 * The payloads of an exchange in clear, oldest first, each with what policy was asked by it (people under pseudonyms); of one
 * that can't be shown, why. Throws `ERR_NOT_FOUND`, `ERR_VAULT_*`, `ERR_BODY_UNREADABLE`.
 */
export async function readBodies(control: Control, space: string, exchange: string): Promise<readonly Json[]> {
  const bodies = await control.ledger.bodies(space, exchange);
  if (bodies.length === 0) {
    throw new SallyportError('ERR_NOT_FOUND', 'no payload of that exchange is kept here', { remedy: 'The record says why, in detail.body.' });
  }
  const { entries } = await control.ledger.query({ space, exchange, order: 'oldest' });
  const records = new Map(entries.map(({ record }) => [record['id'], record]));
  return Promise.all(bodies.map(async (body): Promise<Json> => {
    const { position, record, event } = body;
    const opened = await openOne(control, exchange, body);
    const asked = isObject(opened['payload']) ? requestsOf(records.get(record), opened['payload']) : [];
    const shown = asked.map((one) => (isWorkload(one) ? one : control.retention.pseudonyms.hide(one)));
    return { position, record, event, ...opened, ...(shown.length === 0 ? {} : { asked: shown }) };
  }));
}

/** As policy was asked it; what is opened of a result was no question. */
function requestsOf(record: JsonObject | undefined, payload: JsonObject): readonly JsonObject[] {
  if (record === undefined) return [];
  const written: JournalRecord = JSON.parse(JSON.stringify(record));
  return accessRequestsOf(written, payload).map((request): JsonObject => JSON.parse(JSON.stringify(request)));
}

function isWorkload({ principal }: JsonObject): boolean {
  return isObject(principal) && principal['kind'] === 'workload';
}

interface Opened {
  readonly [name: string]: Json;
}

async function openOne({ store, vault }: Control, exchange: string, { record, sealed, key }: SealedRecord): Promise<Opened> {
  if (sealed === null) return { missing: 'expired' };
  if (key === null) return { missing: 'its key was erased' };
  const identity = await openRetentionKey(store, vault.sealer, key);
  if (identity === undefined) return { missing: 'the key of its time was destroyed' };
  return { payload: openBody(await unwrapDataKey(identity, key.wrapped), sealed, { exchange, record }) };
}
