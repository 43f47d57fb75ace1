import { createHash } from 'node:crypto';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { Consent } from './schema.ts';

/** What is asked of a person for a client. */
export type Asked = Pick<Consent, 'person' | 'client' | 'clientName' | 'resource' | 'scopes' | 'redirect'>;

/** Whether the person agreed to all of it already, for the same place, and not too long ago. */
export async function isRemembered(rows: Rows, asked: Asked, now: number): Promise<boolean> {
  const found = await findStored(rows, 'consent', DEFAULT_SPACE, consentId(asked));
  if (found === undefined || found.body.expiresAt <= now || found.body.redirect !== asked.redirect) return false;
  return asked.scopes.every((scope) => found.body.scopes.includes(scope));
}

/** Keeps what was agreed to, and forgets what was before: a narrower answer is not added to a wider one. */
export async function remember(rows: Rows, asked: Asked, now: number): Promise<void> {
  const consent: Consent = { ...asked, scopes: asked.scopes.toSorted(), givenAt: now, expiresAt: now + LIMITS.consentMs };
  await putStored(rows, 'consent', DEFAULT_SPACE, consentId(asked), consent, `sallyport|${asked.person}`);
}

/** What is in force, of one person or of all. */
export async function listConsents(rows: Rows, now: number, person?: string): Promise<readonly Stored<Consent>[]> {
  const all = await listStored(rows, 'consent', DEFAULT_SPACE);
  return all.filter(({ body }) => body.expiresAt > now && (person === undefined || body.person === person));
}

function consentId({ person, client, resource }: Pick<Consent, 'person' | 'client' | 'resource'>): string {
  return createHash('sha256').update(JSON.stringify([person, client, resource])).digest('base64url').slice(0, 22);
}
