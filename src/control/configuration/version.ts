import { createHash, randomBytes, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { SIGNED_AS } from '../../domain/snapshot.ts';
import { decodeJson } from '../../store/body.ts';
import { KINDS, type VersionRow } from '../../store/store.ts';
import type { RowChange } from './state.ts';

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);

/** From where a manifest came that took effect without being sent by anybody: the file, and who had changed it when (epoch ms). */
export const ORIGIN = z.strictObject({ file: z.string(), uid: z.int(), owner: z.string(), changedAt: z.number() });

/** What control signs of each version. Names only what changed: the content is sealed. */
const STATEMENT = z.strictObject({
  number: z.int().min(1),
  /** Of the statement before, as it was signed; empty: there is none before. */
  previous: z.union([DIGEST, z.literal('')]),
  /** A person accepted what was stored as it was: what stands before is no longer vouched for, and the content is the whole configuration. */
  anchor: z.literal(true).exactOptional(),
  /** Epoch ms. */
  at: z.int(),
  author: z.string(),
  /** By which proof; `control`: control itself. */
  via: z.string(),
  approvers: z.array(z.string()),
  space: z.string(),
  /** `<resource>.<verb>`, and of what. */
  action: z.string(),
  id: z.string(),
  reason: z.string().exactOptional(),
  /** Of the whole configuration after it (`rootOf`). */
  root: DIGEST,
  /** Of the content as it was before it was sealed. */
  content: DIGEST,
  changes: z.int().min(0),
  /** The manifest that it applied. */
  manifest: z.strictObject({ file: z.string(), digest: DIGEST, origin: ORIGIN.exactOptional() }).exactOptional(),
  /** The version that it brought back. */
  restores: z.int().exactOptional(),
  /** The newest snapshot then; 0: none. */
  snapshot: z.int(),
});
export type Statement = z.infer<typeof STATEMENT>;

/** A version whose signature holds. */
export interface Version {
  readonly statement: Statement;
  /** SHA-256 (hex) of the signed bytes: what the next one names. */
  readonly digest: string;
}

const CONTENT = z.strictObject({
  /** So that the digest, which stands in the clear, confirms no guess. */
  salt: z.string(),
  changes: z.array(z.strictObject({ kind: z.enum(KINDS), space: z.string(), id: z.string(), body: z.json().nullable() })),
});

/** A version's content as text, before it is sealed. */
export function writeContent(changes: readonly RowChange[]): string {
  return JSON.stringify({ salt: randomBytes(16).toString('base64url'), changes });
}

/** Throws `ERR_CONFIG_TAMPERED` when it is not what the statement speaks of. */
export function readContent(text: string, { number, content }: Statement): readonly RowChange[] {
  const read = digestOf(text) === content ? CONTENT.safeParse(decodeJson(text), { reportInput: false }) : undefined;
  if (read?.success === true) return read.data.changes;
  throw tampered(`the content of version ${number} is not what was signed`);
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Throws `ERR_CONFIG_TAMPERED` when control's key did not sign it. */
export function readVersion({ number, statement: bytes, signature }: VersionRow, key: KeyObject): Version {
  const holds = verify(null, Buffer.from(SIGNED_AS.configuration + bytes), key, Buffer.from(signature, 'base64url'));
  const read = holds ? STATEMENT.safeParse(parse(bytes), { reportInput: false }) : undefined;
  if (read?.success === true && read.data.number === number) return { statement: read.data, digest: digestOf(bytes) };
  throw tampered(holds ? `version ${number} of the configuration stands in the place of another` : `version ${number} is not signed by this control's key`);
}

/** Throws `ERR_CONFIG_TAMPERED` unless `next` was made on top of `before`; an anchor stands on what a person accepted. */
export function checkFollows(before: Version | undefined, next: Version): void {
  const { number, previous, anchor } = next.statement;
  const follows = before === undefined ? number === 1 && previous === '' : number === before.statement.number + 1 && previous === before.digest;
  if (anchor === true || follows) return;
  throw tampered(`version ${number} of the configuration does not follow ${before === undefined ? 'the beginning' : `version ${before.statement.number}`}`);
}

export function tampered(what: string): SallyportError {
  return new SallyportError('ERR_CONFIG_TAMPERED', what, {
    remedy: 'Find out who wrote to the database. Then, on control\'s machine: sallyport config restore (back to what was last signed), '
      + 'or sallyport config accept (as it is), each with --reason, and start again.',
  });
}

export function rolledBack(what: string): SallyportError {
  return new SallyportError('ERR_CONFIG_ROLLED_BACK', what, {
    remedy: 'An older database was put in place. Bring back the newest one; if it is lost: sallyport config accept --reason … on control\'s machine.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
