import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import canonicalize from 'canonicalize';
import { SallyportError } from '../../domain/errors.ts';
import type { Playbook, PlaybookSignature } from './form.ts';

/**
 * Signatures of playbooks (CACAO 2.0, 10.15 and appendix A): the playbook with nothing but the one signature object in
 * `signatures`, without its `value`, in canonical form (RFC 8785); SHA-256 of that; Ed25519 over the hash; base64url.
 * Each signature stands for itself, so that adding one takes none away.
 */
export function signPlaybook(
  playbook: Playbook, key: KeyObject, { signee, at, id }: { readonly signee: string; readonly at: number; readonly id: string },
): Playbook {
  const created = new Date(at).toISOString();
  const unsigned = {
    type: 'jss', id, created, modified: created, signee, related_to: playbook.id, related_version: playbook.modified,
    hash_algorithm: 'sha-256', algorithm: 'Ed25519', public_key: publicText(createPublicKey(key)),
  } as const;
  const value = sign(null, hashOf(playbook, unsigned), key).toString('base64url');
  return { ...playbook, signatures: [...(playbook.signatures ?? []), { ...unsigned, value }] };
}

/** What is said of each signature. `valid`: of this very playbook, by that key, not revoked, within its time. */
export interface CheckedSignature {
  readonly id: string;
  /** SHA-256 (hex) of the key, by which people tell keys apart. */
  readonly key: string;
  /** In the signer's words: nothing but the key proves who it was. */
  readonly signee: string;
  readonly valid: boolean;
  readonly problem?: string;
}

/** Throws nothing: what cannot be verified is not valid. */
export function checkSignatures(playbook: Playbook, now: number): readonly CheckedSignature[] {
  return (playbook.signatures ?? []).map((signature) => {
    const problem = problemOf(playbook, signature, now);
    const said = { id: signature.id, key: createHash('sha256').update(Buffer.from(signature.public_key, 'base64')).digest('hex'), signee: signature.signee };
    return problem === undefined ? { ...said, valid: true } : { ...said, valid: false, problem };
  });
}

function problemOf(playbook: Playbook, signature: PlaybookSignature, now: number): string | undefined {
  const { value, ...unsigned } = signature;
  const isOther = signature.related_to !== playbook.id || signature.related_version !== playbook.modified;
  if (isOther) return 'it is of another playbook, or of another version of this one';
  if (signature.revoked === true) return 'its signer revoked it';
  if (signature.valid_from !== undefined && Date.parse(signature.valid_from) > now) return 'it is not valid yet';
  if (signature.valid_until !== undefined && Date.parse(signature.valid_until) <= now) return 'it is no longer valid';
  try {
    const key = createPublicKey({ key: Buffer.from(signature.public_key, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') return 'its key is no Ed25519 key';
    return verify(null, hashOf(playbook, unsigned), key, Buffer.from(value, 'base64url')) ? undefined : 'the playbook is not what was signed';
  } catch {
    return 'its key cannot be read';
  }
}

/** Whether this key signed exactly this playbook. */
export function isSignedBy(playbook: Playbook, key: KeyObject, now: number): boolean {
  const own = publicText(createPublicKey(key));
  return (playbook.signatures ?? []).some((one) => one.public_key === own && problemOf(playbook, one, now) === undefined);
}

/** SHA-256 (hex) of the playbook without its signatures: two of one digest do the same. */
export function digestOfPlaybook(playbook: Playbook): string {
  const unsigned = Object.fromEntries(Object.entries(playbook).filter(([name]) => name !== 'signatures'));
  return createHash('sha256').update(canonical(unsigned)).digest('hex');
}

function hashOf(playbook: Playbook, unsigned: Omit<PlaybookSignature, 'value'>): Buffer {
  return createHash('sha256').update(canonical({ ...playbook, signatures: [unsigned] })).digest();
}

function canonical(value: object): string {
  try {
    const text = canonicalize(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new SallyportError(
      'ERR_PLAYBOOK_INVALID', 'the playbook holds text that is not well-formed Unicode',
      { remedy: 'Write it as UTF-8 without lone surrogates.', cause },
    );
  }
  throw new SallyportError('ERR_PLAYBOOK_INVALID', 'the playbook has no canonical form', { remedy: 'Write it as one JSON object.' });
}

/** The SPKI form as base64 in one line: PEM without its first and last line, as CACAO wants it. */
function publicText(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}
