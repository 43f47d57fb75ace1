import { createHmac } from 'node:crypto';
import type { WebhookSink } from '../../domain/sink.ts';
import { createPost, faultOf } from './post.ts';
import { SinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

const PREFIX = 'whsec_';

/**
 * Signed as Standard Webhooks 1.0 says: HMAC-SHA-256 over id, time and body, so that a receiver can refuse what is old or was
 * seen. The id says which records it is about: a batch that is sent again has the same one.
 */
export function openWebhook(spec: WebhookSink, name: string): Sink {
  const post = createPost(spec);
  const key = keyOf(spec.secret);
  return {
    send: async (items, signal) => {
      const [first, last] = [items[0]?.position ?? 0, items.at(-1)?.position ?? 0];
      const id = `${name}.${first}-${last}.${items.length}`;
      const at = Date.now();
      const body = bodyOf(spec, items, at);
      const seconds = Math.floor(at / 1_000);
      const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
      const answer = await post('', body, {
        'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}`,
      }, signal);
      if (answer.status >= 200 && answer.status <= 299) return [];
      // The specification's word for "send nothing any more".
      if (answer.status === 410) throw new SinkFault('webhook: HTTP 410', { kind: 'gone' });
      throw faultOf(`webhook: HTTP ${answer.status}`, answer);
    },
    close: async () => undefined,
  };
}

function bodyOf({ format }: WebhookSink, items: readonly Item[], at: number): string {
  const records = items.map(({ text }) => (format === 'cef' ? JSON.stringify(text) : text)).join(',');
  return `{"type":"sallyport.records","timestamp":"${new Date(at).toISOString()}","data":{"format":"${format}","records":[${records}]}}`;
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
}
