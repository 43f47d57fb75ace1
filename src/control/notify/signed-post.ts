import { createHmac } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { AddressGuard } from '../../upstream/address.ts';
import { createGuardedFetch } from '../../upstream/guarded-fetch.ts';
import type { Control } from '../control.ts';
import { readNetwork } from '../manifest/settings.ts';

export interface PostParts extends Pick<Control, 'store' | 'now'> {
  readonly guard: AddressGuard;
  readonly readSecret: (reference: string) => Promise<string>;
}

/** Where, and with what it is signed. */
interface Receiver {
  readonly url: string;
  readonly secret: string;
  readonly allowPrivate?: boolean | undefined;
}

const PREFIX = 'whsec_';

/**
 * One try; gives what went wrong. Signed as Standard Webhooks 1.0 says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), like
 * the records of sinks. `bodyAt`: what is sent, given the time that it is signed with. Never rejects.
 */
export async function postSigned(
  parts: PostParts, { url, secret, allowPrivate }: Receiver, id: string, bodyAt: (at: number) => JsonObject,
): Promise<string | undefined> {
  try {
    const at = parts.now();
    const body = JSON.stringify(bodyAt(at));
    const seconds = Math.floor(at / 1_000);
    const signature = createHmac('sha256', keyOf(await parts.readSecret(secret))).update(`${id}.${seconds}.${body}`).digest('base64');
    const { hostname } = new URL(url);
    const send = createGuardedFetch({
      guard: parts.guard, network: await readNetwork(parts.store), privateHosts: new Set(allowPrivate === true ? [hostname] : []), server: 'the webhook',
    });
    const answer = await send(url, {
      method: 'POST', body,
      headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` },
    });
    return answer.ok ? undefined : `HTTP ${answer.status}`;
  } catch (error) {
    return error instanceof SallyportError ? error.code : 'it could not be reached';
  }
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
}
