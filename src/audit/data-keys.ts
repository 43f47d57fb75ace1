import { Encrypter } from 'age-encryption';
import { createCipheriv, randomBytes } from 'node:crypto';
import { toRecord } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import type { AuditSettings, RetentionClass, RetentionKey, SealedBody } from '../domain/retention.ts';

const HOUR_MS = 60 * 60_000;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** What this process seals payloads with: a key of its own for each class, new each hour, that only control can open again. */
export interface DataKeys {
  /**
   * The key for payloads of a class now; undefined where there is nobody to seal for. The first of an hour waits until the key
   * is on record: what could not be opened again is never written. Rejects as the journal does.
   */
  of(kept: RetentionClass, settings: AuditSettings): DataKey | undefined | Promise<DataKey | undefined>;
}

export interface DataKey {
  /** Bound to its record: what is moved to another one does not open. Undefined: it is too large to keep. */
  seal(exchange: string, record: string, payload: string): SealedBody | undefined;
}

interface Held {
  readonly recipient: string;
  readonly until: number;
  readonly key: DataKey | Promise<DataKey>;
}

export function createDataKeys(journal: Journal, node: string, now: () => number = Date.now): DataKeys {
  const held = new Map<string, Held>();
  return {
    of(kept, settings) {
      const at = now();
      const current = held.get(kept.name);
      const recipient = recipientOf(kept, settings, at);
      if (recipient === undefined) return undefined;
      if (current !== undefined && at < current.until && current.recipient === recipient.recipient) return current.key;
      const until = (Math.floor(at / HOUR_MS) + 1) * HOUR_MS;
      const made = makeKey(journal, node, recipient, at);
      held.set(kept.name, { recipient: recipient.recipient, until, key: made });
      made.then(
        (key) => held.set(kept.name, { recipient: recipient.recipient, until, key }),
        () => held.delete(kept.name),
      );
      return made;
    },
  };
}

/** This month's; while control is away at its end, the last one that is known. */
function recipientOf({ name, region }: RetentionClass, { keys }: AuditSettings, at: number): RetentionKey | undefined {
  const epoch = new Date(at).toISOString().slice(0, 7);
  const own = keys.filter((key) => key.class === name && key.region === region && key.epoch <= epoch);
  return own.toSorted((a, b) => a.epoch.localeCompare(b.epoch)).at(-1);
}

async function makeKey(journal: Journal, node: string, to: RetentionKey, at: number): Promise<DataKey> {
  const secret = randomBytes(KEY_BYTES);
  const id = Bun.randomUUIDv7('hex', at);
  const encrypter = new Encrypter();
  encrypter.addRecipient(to.recipient);
  // Hex: no stretch of it can look like anything that a redaction would take out.
  const wrapped = Buffer.from(await encrypter.encrypt(secret)).toString('hex');
  const { recipient, region, epoch } = to;
  await journal.append(toRecord({
    id, at, event: 'key.wrapped', node, space: DEFAULT_SPACE, exchange: id, retention: to.class, detail: { class: to.class, region, epoch, recipient, wrapped },
  }));
  return sealerOf(id, secret, to);
}

/** The nonce is a counter: the key is of this process alone and is used by nobody else, before or after. */
function sealerOf(id: string, secret: Buffer, to: RetentionKey): DataKey {
  let used = 0;
  const nonce = Buffer.alloc(NONCE_BYTES);
  return {
    seal(exchange, record, payload) {
      if (payload.length > LIMITS.keptBodyCharsMax) return undefined;
      used += 1;
      nonce.writeUIntBE(used, NONCE_BYTES - 6, 6);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      cipher.setAAD(boundTo(exchange, record));
      const box = Buffer.concat([nonce, cipher.update(payload, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
      return { class: to.class, region: to.region, key: id, box };
    },
  };
}

/** The additional data of a sealed payload. */
export function boundTo(exchange: string, record: string): Buffer {
  return Buffer.from(`${exchange}/${record}`);
}
