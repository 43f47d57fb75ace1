import { z } from 'zod';

const AT = z.int();
/** Visible text of any script; no `|`, which separates an issuer from a subject. */
const NAME_OF_PERSON = z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]+$/u, 'must be visible text without "|"');

/**
 * A person of the organisation (rows of the default space, id a UUIDv7): the subject of the embedded issuer's tokens is the
 * row's id, so `<embedded issuer>|<id>` is the principal. Secrets of local accounts are rows of their own.
 */
export const PERSON = z.strictObject({
  /** Unique without regard to case. */
  userName: NAME_OF_PERSON,
  displayName: z.string().max(300).exactOptional(),
  email: z.string().max(320).exactOptional(),
  /** Of `sso`: whether the provider vouches that the address is theirs. */
  emailVerified: z.boolean().exactOptional(),
  active: z.boolean(),
  source: z.enum(['local', 'sso', 'scim']),
  /** The identity provider's own id of the person: SCIM `externalId`. */
  externalId: z.string().max(300).exactOptional(),
  /** The person at an upstream provider, `<issuer>|<sub>`, once they signed in through it. */
  subject: z.string().max(1300).exactOptional(),
  /** Groups that an administrator or the provider's sign-in names, besides the `group` rows that hold the person. */
  groups: z.array(z.string().min(1).max(300)).max(1000),
  createdAt: AT,
  changedAt: AT,
  deactivatedAt: AT.exactOptional(),
  /** What was issued before is dead for good, also after a reactivation. */
  notBefore: AT.exactOptional(),
  /** Removed by the directory: kept, inactive, so that what was issued stays dead. */
  deletedAt: AT.exactOptional(),
});
export type Person = z.infer<typeof PERSON>;

/** All groups that an administrator puts a local person in. */
export const GROUPS_OF_PERSON = PERSON.pick({ groups: true });

/** A group that SCIM pushes; its name is what policies and roles call it. */
export const GROUP = z.strictObject({
  displayName: z.string().trim().min(1).max(300),
  externalId: z.string().max(300).exactOptional(),
  /** Ids of `person` rows. */
  members: z.array(z.string().min(1).max(64)).max(100_000),
  createdAt: AT,
  changedAt: AT,
});
export type Group = z.infer<typeof GROUP>;
