import { createHash } from 'node:crypto';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { addRevocation } from '../revocations/revocations.ts';
import { deleteStored, findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { Consent } from './schema.ts';

/** What is asked of a person for a client. */
export type Asked = Pick<Consent, 'person' | 'client' | 'clientName' | 'resource' | 'scopes' | 'redirect'>;

/** More than one person's browsers and devices have at the same time. An older one ends: what is forgotten here could not be taken back. */
const GRANTS_KEPT = 50;

/** Whether the person agreed to all of it already, for the same place, and not too long ago. */
export async function isRemembered(rows: Rows, asked: Asked, now: number): Promise<boolean> {
  const found = await findStored(rows, 'consent', DEFAULT_SPACE, consentId(asked));
  if (found === undefined || !found.body.remembered || found.body.expiresAt <= now || found.body.redirect !== asked.redirect) return false;
  return asked.scopes.every((scope) => found.body.scopes.includes(scope));
}

/**
 * Keeps what was agreed to. More scopes for the same place come on top; another place begins anew, but its grants end with it
 * too. `issuer`: the door's origin.
 */
export async function keepConsent(
  control: Pick<Control, 'store' | 'lease' | 'now'>, issuer: string, consent: Omit<Consent, 'givenAt' | 'expiresAt'>,
): Promise<void> {
  const now = control.now();
  const id = consentId(consent);
  const by = `sallyport|${consent.person}`;
  const forgotten = await control.store.transaction(async (rows) => {
    const before = (await findStored(rows, 'consent', DEFAULT_SPACE, id))?.body;
    const continued = before !== undefined && before.expiresAt > now && before.redirect === consent.redirect && before.remembered === consent.remembered;
    const scopes = [...new Set([...(continued ? before.scopes : []), ...consent.scopes])].toSorted();
    const grants = [...new Set([...(before?.grants ?? []), ...consent.grants])];
    // An answer that is not asked for again must not live for ever by being used.
    const givenAt = continued && scopes.length === before.scopes.length && consent.remembered ? before.givenAt : now;
    const next = { ...consent, scopes, grants: grants.slice(-GRANTS_KEPT), givenAt, expiresAt: givenAt + LIMITS.consentMs };
    await putStored(rows, 'consent', DEFAULT_SPACE, id, next, by);
    return grants.slice(0, -GRANTS_KEPT);
  });
  for (const grant of forgotten) {
    await addRevocation(control, { credential: `${issuer}|${grant}`, reason: 'too many sign-ins of one program', until: now + LIMITS.grantMs }, by);
  }
}

/** What is in force, of one person or of all. */
export async function listConsents(rows: Rows, now: number, person?: string): Promise<readonly Stored<Consent>[]> {
  const all = await listStored(rows, 'consent', DEFAULT_SPACE);
  return all.filter(({ body }) => body.expiresAt > now && (person === undefined || body.person === person));
}

/** Takes one back: tokens that came of it are dead at every gateway, and the client gets no more. `issuer`: the door's origin. */
export async function revokeConsent(control: Control, issuer: string, { id, body }: Stored<Consent>, by: string): Promise<void> {
  const until = control.now() + LIMITS.grantMs;
  for (const grant of body.grants) await addRevocation(control, { credential: `${issuer}|${grant}`, reason: 'the consent was taken back', until }, by);
  await control.record({
    event: 'consent.revoked', space: DEFAULT_SPACE, principal: by, route: body.resource,
    detail: { person: body.person, client: body.client, scopes: body.scopes },
  });
  await deleteStored(control.store, 'consent', DEFAULT_SPACE, id, by);
}

function consentId({ person, client, resource }: Pick<Consent, 'person' | 'client' | 'resource'>): string {
  return createHash('sha256').update(JSON.stringify([person, client, resource])).digest('base64url').slice(0, 22);
}
