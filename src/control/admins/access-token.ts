import { SallyportError } from '../../domain/errors.ts';
import type { Issuer } from '../../domain/issuer.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { createAccessTokens } from '../../identity/access-token.ts';
import type { Vouched } from '../../identity/claims.ts';
import { readCredential } from '../../identity/credential.ts';
import { unavailable } from '../../identity/document.ts';
import { createIssuerKeys } from '../../identity/jwks.ts';
import { ACCESSES } from '../access.ts';
import type { Control } from '../control.ts';
import { isRevoked } from '../people/revoked.ts';
import type { Admin } from '../route.ts';
import { apiUri } from './api-uri.ts';

/** The embedded issuer's keys are in the snapshot: nothing is ever fetched. */
const tokens = createAccessTokens(createIssuerKeys(() => Promise.reject(unavailable('the embedded issuer\'s keys are in the snapshot'))));

/**
 * Who an access token for this API makes its bearer: of the embedded issuer alone, for this audience alone, unexpired and not
 * revoked. One that is bound to a key is refused: shown without its proof it is a stolen one. Nothing: not good.
 */
export async function checkAccessToken(token: string, origin: string, control: Control): Promise<Admin | undefined> {
  const vouched = await verify(token, origin, control);
  if (vouched === undefined) return undefined;
  const { issuer, subject, kind, groups, issuedAt } = vouched;
  return { id: `${issuer.issuer}|${subject}`, may: ACCESSES, proof: { via: 'token', kind, groups, proof: 'bearer', issuedAt } };
}

async function verify(token: string, origin: string, { snapshots, lease, now, store }: Control): Promise<Vouched | undefined> {
  const issuer = snapshots.current === undefined ? undefined : issuerIn(snapshots.current.signed.bytes, origin);
  if (issuer === undefined) return undefined;
  const vouched = await attempt(() => tokens.verify(readCredential(`Bearer ${token}`), new Map([[issuer.issuer, issuer]]), now()));
  if (vouched === undefined || !vouched.audience.includes(apiUri(origin)) || vouched.audience.length > 1) return undefined;
  if (now() >= vouched.expiresAt || now() < vouched.notBefore || vouched.jkt !== undefined || vouched.x5t !== undefined) return undefined;
  if (vouched.actors.length > 0) return undefined;
  const revoked = lease.current?.lease.revokedCredentials ?? [];
  if ([vouched.id, vouched.grant].some((id) => id !== undefined && revoked.includes(`${issuer.issuer}|${id}`))) return undefined;
  return await isRevoked(store, `${issuer.issuer}|${vouched.subject}`, vouched.issuedAt) ? undefined : vouched;
}

async function attempt(work: () => Vouched | Promise<Vouched>): Promise<Vouched | undefined> {
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
