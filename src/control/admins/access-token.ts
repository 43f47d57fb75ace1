import { SallyportError } from '../../domain/errors.ts';
import type { Issuer } from '../../domain/issuer.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { createAccessTokens } from '../../identity/access-token.ts';
import type { Vouched } from '../../identity/claims.ts';
import { readCredential, type Credential } from '../../identity/credential.ts';
import { unavailable } from '../../identity/document.ts';
import { createIssuerKeys } from '../../identity/jwks.ts';
import { isOwnClient } from '../clients/find.ts';
import type { Control } from '../control.ts';
import { findAccountView } from '../issuer/people.ts';
import type { Admin } from '../route.ts';
import type { ApiProofs } from './api-proofs.ts';
import { accessesOf, apiUri } from './api-uri.ts';
import { isOver } from './standing.ts';

/** The embedded issuer's keys are in the snapshot: nothing is ever fetched. */
const tokens = createAccessTokens(createIssuerKeys(() => Promise.reject(unavailable('the embedded issuer\'s keys are in the snapshot'))));

/**
 * Whom the access token of a request makes its bearer: a person who signed in with our own program, for this audience alone,
 * unexpired, not revoked, and with the proof that the request comes from the key that the token is bound to. Nothing: not
 * good. Throws `ERR_PROOF_INVALID`, `ERR_PROOF_NONCE`.
 */
export async function checkAccessToken(request: Request, origin: string, control: Control, proofs: ApiProofs): Promise<Admin | undefined> {
  const credential = await attempt(() => readCredential(request.headers.get('authorization')));
  const vouched = credential && await verify(credential, origin, control);
  if (credential === undefined || vouched?.jkt === undefined) return undefined;
  const { issuer: { issuer }, subject, scopes, issuedAt, signedInAt, id, grant, jkt } = vouched;
  // Groups as they are now: a token may be older than the change that took them.
  const account = await findAccountView(control.store, subject, issuedAt / 1000);
  if (account === undefined) return undefined;
  const admin: Admin = {
    id: `${issuer}|${subject}`, may: accessesOf(scopes),
    proof: {
      via: 'token', kind: 'person', groups: account.groups, proof: 'dpop', issuedAt, ...(signedInAt === undefined ? {} : { signedInAt }),
      credentials: [id, grant].filter((one) => one !== undefined).map((one) => `${issuer}|${one}`),
    },
  };
  if (await isOver(admin, control)) return undefined;
  await proofs.spend(request, { ath: credential.digest, jkt }, control.now());
  return admin;
}

async function verify(credential: Credential, origin: string, { snapshots, now }: Control): Promise<Vouched | undefined> {
  const issuer = snapshots.current === undefined ? undefined : issuerIn(snapshots.current.signed.bytes, origin);
  // Shown without its proof, a token that is bound to a key is a stolen one; one that is bound to none is good nowhere here.
  if (issuer === undefined || credential.scheme !== 'dpop') return undefined;
  const vouched = await attempt(() => tokens.verify(credential, new Map([[issuer.issuer, issuer]]), now()));
  if (vouched === undefined || !vouched.audience.includes(apiUri(origin)) || vouched.audience.length > 1) return undefined;
  if (now() >= vouched.expiresAt || now() < vouched.notBefore || vouched.jkt === undefined || vouched.x5t !== undefined) return undefined;
  return isOwnClient(vouched.client) && vouched.kind === 'person' && vouched.actors.length === 0 ? vouched : undefined;
}

async function attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SallyportError) return undefined;
    throw error;
  }
}

let read: { readonly bytes: string; readonly issuers: readonly Issuer[] } | undefined;

function issuerIn(bytes: string, origin: string): Issuer | undefined {
  if (read?.bytes !== bytes) {
    const { issuers }: Snapshot = JSON.parse(bytes);
    read = { bytes, issuers };
  }
  return read.issuers.find(({ issuer, embedded }) => embedded && issuer === origin);
}
