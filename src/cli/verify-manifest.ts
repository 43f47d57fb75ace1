import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';

/** in-toto's media type; DSSE signs it together with the bytes, so that they can't be read as something else. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** Of our own: every file of an installed program with its digest. */
export const FILES_PREDICATE = 'urn:sallyport:release-files:v1';

const ENVELOPE = z.strictObject({
  payloadType: z.literal(PAYLOAD_TYPE),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string().max(200), sig: z.base64() })).min(1).max(16),
});

/** A path inside the program: no way out of it, and nothing that would steer a terminal. */
const PATH = z.string().min(1).max(1024).regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\p{C}\\]+$/u);
const STATEMENT = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.literal(FILES_PREDICATE),
  predicate: z.strictObject({
    name: z.string(), version: z.string(), platform: z.string(),
    files: z.record(PATH, z.string().regex(/^(?:[0-9a-f]{64}|link:[^\p{C}]{1,1024})$/u)),
  }),
});
export type ReleaseFiles = z.infer<typeof STATEMENT>['predicate'];

/** What DSSE signs (its protocol, pre-authentication encoding): type and payload, each with its length. */
export function signedBytes(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}

/** A key's name: the SHA-256 of its SubjectPublicKeyInfo, hex. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('hex');
}

export function toEnvelope(payload: Uint8Array, keyid: string, signature: Uint8Array): z.infer<typeof ENVELOPE> {
  return {
    payloadType: PAYLOAD_TYPE, payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid, sig: Buffer.from(signature).toString('base64') }],
  };
}

/**
 * Reads a release's list of files, and who signed it: undefined without a key to check by. Throws `ERR_VERIFY_FAILED` for what is no such
 * list, or isn't signed by the key that was given.
 */
export function readReleaseFiles(text: string, keyPem: string | undefined): { readonly files: ReleaseFiles; readonly signedBy: string | undefined } {
  const envelope = ENVELOPE.safeParse(parse(text), { reportInput: false });
  if (!envelope.success) throw failed('it is no signed release manifest');
  const payload = Buffer.from(envelope.data.payload, 'base64');
  const signedBy = keyPem === undefined ? undefined : signerOf(envelope.data, payload, keyPem);
  // Nothing of the payload is believed before its signature.
  const statement = STATEMENT.safeParse(parse(payload.toString('utf8')), { reportInput: false });
  if (!statement.success) throw failed('it does not list the files of a program');
  return { files: statement.data.predicate, signedBy };
}

function signerOf({ signatures }: z.infer<typeof ENVELOPE>, payload: Buffer, keyPem: string): string {
  const key = readKey(keyPem);
  const bytes = signedBytes(payload);
  if (!signatures.some(({ sig }) => verify(null, bytes, key, Buffer.from(sig, 'base64')))) throw failed('its signature is not of that key');
  return keyIdOf(key);
}

function readKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw failed('the key cannot be read');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw failed('the key is no Ed25519 key');
  return key;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(why: string): SallyportError {
  return new SallyportError('ERR_VERIFY_FAILED', `the release cannot be verified: ${why}`, {
    remedy: 'Take files.dsse.json and the key from where releases are published, not from the machine that is looked at (docs/release.md).',
  });
}
