import { Decrypter } from 'age-encryption';
import { createDecipheriv } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { SealedBody } from '../domain/retention.ts';
import { boundTo } from './data-keys.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The data key out of its `key.wrapped` record. `identity`: the age identity of its class, region and epoch. Throws `ERR_BODY_UNREADABLE`. */
export async function unwrapDataKey(identity: string, wrapped: string): Promise<Uint8Array> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return await decrypter.decrypt(Buffer.from(wrapped, 'hex'));
  } catch {
    throw unreadable();
  }
}

/** A payload as it was sealed. Throws `ERR_BODY_UNREADABLE` when it is not what was sealed for this record. */
export function openBody(key: Uint8Array, body: SealedBody, of: { readonly exchange: string; readonly record: string }): JsonObject {
  try {
    const box = Buffer.from(body.box, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(of.exchange, of.record));
    decipher.setAuthTag(box.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    const payload: Json = JSON.parse(text);
    if (isObject(payload)) return payload;
  } catch {
    // The cause could repeat what was inside.
  }
  throw unreadable();
}

function unreadable(): SallyportError {
  return new SallyportError('ERR_BODY_UNREADABLE', 'a sealed payload is not what was sealed for its record', {
    remedy: 'Run `sallyport audit fsck`; the record itself stands without it.',
  });
}
