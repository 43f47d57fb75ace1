import { z } from 'zod';

/** What people type to sign in: visible, without spaces, and the same however it is written (compare `accountId`). */
export const USER_NAME = z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}\p{Z}|/]+$/u, 'must be visible text without spaces, "/" and "|"');
const LABEL = z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');
/** A PHC string of exactly the cost that `hashPassword` has: the password itself never leaves the terminal on which it was typed. */
const PHC = /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{43,86}$/;
const PASSWORD_HASH = z.string().regex(PHC, 'must be made by `sallyport account`');

export const NEW_ACCOUNT = z.strictObject({
  userName: USER_NAME,
  displayName: LABEL.exactOptional(),
  groups: z.array(LABEL).max(100).default([]),
  /** Set on the administrator's own terminal; without it the person sets one by the link. */
  passwordHash: PASSWORD_HASH.exactOptional(),
});

export const RESET = z.strictObject({ passwordHash: PASSWORD_HASH.exactOptional() });

const PASSKEY = z.strictObject({
  /** Of the credential, base64url. */
  id: z.string(),
  /** COSE key, base64url. */
  publicKey: z.string(),
  /** How often the authenticator says that it was used; it never goes back. Synced ones stay at 0. */
  counter: z.number(),
  transports: z.array(z.string()),
  name: z.string(),
  backedUp: z.boolean(),
  createdAt: z.number(),
  lastUsedAt: z.number().exactOptional(),
});
export type Passkey = z.infer<typeof PASSKEY>;

/** How a person signs in here (rows of the default space, as people are); its id is the user name as it is compared. Hashes and public keys only. */
export const ACCOUNT = z.strictObject({
  /** Id of the person's row, which is also what authenticators know the account by (WebAuthn user handle). */
  person: z.string(),
  userName: z.string(),
  /** PHC string (argon2id). */
  password: z.string().exactOptional(),
  passwordSetAt: z.number().exactOptional(),
  passkeys: z.array(PASSKEY),
  /** The one enrolment link that is good, by an id of its own. */
  enrolment: z.strictObject({ id: z.string(), expiresAt: z.number() }).exactOptional(),
  disabledAt: z.number().exactOptional(),
  createdAt: z.number(),
});
export type Account = z.infer<typeof ACCOUNT>;
