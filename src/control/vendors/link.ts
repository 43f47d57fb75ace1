import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { SIGNED_AS } from '../../domain/snapshot.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { signBytes } from '../snapshot/sign.ts';
import { findStored, listStored, needStored, putStored, type Stored } from '../stored.ts';
import type { DISCLOSURE_LINK } from './schema.ts';

/** What a link lets its holder do, and no more: answer for this vendor, until then. */
const GRANT = z.strictObject({ space: z.string(), vendor: z.string(), link: z.uuid(), expiresAt: z.number() });
export type Grant = z.infer<typeof GRANT>;

export interface LinkSigner {
  sign(grant: Grant): string;
  /** Undefined for what this control did not sign. */
  read(token: string): Grant | undefined;
}

const TOKEN = /^([\w-]{20,600})\.([\w-]{86})$/;

/** With control's own key: nobody else's page takes answers, and no link can be made longer or another vendor's. */
export function createLinkSigner(key: KeyObject): LinkSigner {
  const publicKey = createPublicKey(key);
  return {
    sign: (grant) => {
      const bytes = JSON.stringify(grant);
      return `${Buffer.from(bytes).toString('base64url')}.${signBytes('disclosure', bytes, key).signature}`;
    },
    read: (token) => {
      const [, encoded = '', signature = ''] = TOKEN.exec(token) ?? [];
      const bytes = Buffer.from(encoded, 'base64url').toString();
      const isSigned = encoded !== '' && verify(null, Buffer.from(SIGNED_AS.disclosure + bytes), publicKey, Buffer.from(signature, 'base64url'));
      return isSigned ? GRANT.parse(JSON.parse(bytes)) : undefined;
    },
  };
}

type StoredLink = Stored<z.infer<typeof DISCLOSURE_LINK>>;

/** Opens a page for a vendor. Its path is shown once: whoever has it can answer. */
export async function openLink(
  { admin, space }: By, vendor: string, days: number, control: Control,
): Promise<{ readonly link: string; readonly path: string }> {
  const { store, record, now } = control;
  const link = Bun.randomUUIDv7();
  const [createdAt, expiresAt] = [now(), now() + days * 86_400_000];
  await store.transaction(async (rows) => {
    await needStored(rows, 'vendor', space, vendor);
    const open = (await linksOf(rows, space, vendor)).filter((one) => isOpen(one, createdAt));
    if (open.length >= LIMITS.vendorLinksMax) {
      throw new SallyportError('ERR_CONFLICT', `there are ${open.length} open links of ${vendor}`, { remedy: 'Close some of them first.' });
    }
    await putStored(rows, 'disclosure-link', space, link, { vendor, expiresAt, createdBy: admin.id, createdAt }, admin.id);
    await record({ event: 'vendor.disclosed', space, ...whoOf(admin), action: 'vendor.link', detail: { vendor, link, expiresAt } });
  });
  return { link, path: `/disclosure/${control.disclosureLinks.sign({ space, vendor, link, expiresAt })}` };
}

export async function closeLink({ admin, space }: By, vendor: string, link: string, { store, record, now }: Control): Promise<void> {
  await store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'disclosure-link', space, link);
    if (body.vendor !== vendor) throw new SallyportError('ERR_NOT_FOUND', `${vendor} has no such link`, { remedy: 'See `sallyport vendor show`.' });
    await putStored(rows, 'disclosure-link', space, link, { ...body, revokedAt: now() }, admin.id);
    await record({ event: 'vendor.disclosed', space, ...whoOf(admin), action: 'vendor.unlink', detail: { vendor, link } });
  });
}

export async function linksOf(rows: Rows, space: string, vendor: string): Promise<readonly StoredLink[]> {
  return (await listStored(rows, 'disclosure-link', space)).filter(({ body }) => body.vendor === vendor);
}

function isOpen({ body: { expiresAt, revokedAt, usedAt } }: StoredLink, now: number): boolean {
  return now < expiresAt && revokedAt === undefined && usedAt === undefined;
}

/** The one thing that a page's token opens. Throws `ERR_NOT_FOUND`, the same whatever is wrong with it: it says nothing to who guesses. */
export async function needGrant(rows: Rows, token: string, { disclosureLinks, now }: Pick<Control, 'disclosureLinks' | 'now'>): Promise<Grant> {
  const grant = disclosureLinks.read(token);
  const link = grant === undefined ? undefined : await findStored(rows, 'disclosure-link', grant.space, grant.link);
  if (grant !== undefined && link?.body.vendor === grant.vendor && isOpen(link, now()) && now() < grant.expiresAt) return grant;
  throw new SallyportError('ERR_NOT_FOUND', 'this page is not open', {
    remedy: 'Ask whoever sent you the link for a new one: each is good once, for a while.',
  });
}
