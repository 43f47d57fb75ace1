import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { decodeJson } from '../../store/body.ts';
import type { FoundAccount } from './find.ts';
import type { Account, Passkey } from './schema.ts';

const TEXT = z.string().min(1).max(32_768);
const EXTENSIONS = z.looseObject({});
/** What `navigator.credentials.create` made, in the JSON form of WebAuthn level 3. */
const REGISTRATION = z.object({
  id: TEXT, rawId: TEXT, type: z.literal('public-key'), clientExtensionResults: EXTENSIONS,
  response: z.object({ clientDataJSON: TEXT, attestationObject: TEXT, transports: z.array(z.string().max(40)).max(10).exactOptional() }),
});
/** What `navigator.credentials.get` made. */
const ASSERTION = z.object({
  id: TEXT, rawId: TEXT, type: z.literal('public-key'), clientExtensionResults: EXTENSIONS,
  response: z.object({ clientDataJSON: TEXT, authenticatorData: TEXT, signature: TEXT, userHandle: TEXT }),
});

/** Where a passkey is good: the door's origin, and its host as the relying party. */
export interface Site {
  readonly origin: string;
  readonly host: string;
}

export const siteOf = (url: URL): Site => ({ origin: url.origin, host: url.hostname });

/** Accepts the challenge that an answer was made for, once; throws when it is none of ours. */
export type TakeChallenge = (challenge: string) => Promise<void>;

/** What the browser is to ask an authenticator for, to make a passkey of this account. */
export async function offerRegistration(site: Site, account: Account, challenge: string): Promise<JsonObject> {
  return plain(await generateRegistrationOptions({
    rpID: site.host, challenge, rpName: 'Sallyport', userName: account.userName, userID: new TextEncoder().encode(account.person),
    attestationType: 'none', timeout: LIMITS.ceremonyMs, excludeCredentials: account.passkeys.map(({ id }) => ({ id })),
    // A passkey stands alone: it knows whose it is, and its owner unlocks it.
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  }));
}

/** The passkey of a registration's answer. Throws `ERR_SIGN_IN_REFUSED`. */
export async function takeRegistration(site: Site, take: TakeChallenge, answer: unknown, name: string, now: number): Promise<Passkey> {
  const read = REGISTRATION.safeParse(answer);
  if (!read.success) throw refused('not a registration');
  const response: RegistrationResponseJSON = read.data;
  const verified = await verify(() => verifyRegistrationResponse({
    response, expectedChallenge: takes(take), expectedOrigin: site.origin, expectedRPID: site.host, requireUserVerification: true,
  }));
  if (!verified.verified) throw refused('not verified');
  const { credential, credentialBackedUp } = verified.registrationInfo;
  return {
    id: credential.id, publicKey: Buffer.from(credential.publicKey).toString('base64url'), counter: credential.counter,
    transports: credential.transports ?? [], name, backedUp: credentialBackedUp, createdAt: now,
  };
}

/** What the browser is to ask for at sign-in: any passkey for this site, unlocked by its owner. */
export async function offerAssertion(site: Site, challenge: string): Promise<JsonObject> {
  return plain(await generateAuthenticationOptions({ rpID: site.host, challenge, userVerification: 'required', timeout: LIMITS.ceremonyMs }));
}

/** Whose passkey an answer claims to be of: ids, nothing of it proved yet. */
export function readAssertion(answer: unknown): { readonly person: string; readonly credential: string } | undefined {
  const read = ASSERTION.safeParse(answer);
  if (!read.success) return undefined;
  return { person: Buffer.from(read.data.response.userHandle, 'base64url').toString('utf8'), credential: read.data.id };
}

/** The account with the passkey as it is after this use. Throws `ERR_SIGN_IN_REFUSED`; `internal` says whether the counter went back. */
export async function takeAssertion(site: Site, take: TakeChallenge, answer: unknown, account: FoundAccount, now: number): Promise<FoundAccount> {
  const read = ASSERTION.safeParse(answer);
  const known = account.body.passkeys.find(({ id }) => read.success && id === read.data.id);
  if (!read.success || known === undefined) throw refused('unknown passkey');
  const response: AuthenticationResponseJSON = read.data;
  const { verified, authenticationInfo } = await verify(() => verifyAuthenticationResponse({
    response, expectedChallenge: takes(take), expectedOrigin: site.origin, expectedRPID: site.host, requireUserVerification: true,
    // Its counter is judged below, where a roll-back can be told from a broken answer.
    credential: { id: known.id, publicKey: new Uint8Array(Buffer.from(known.publicKey, 'base64url')), counter: 0 },
  }));
  if (!verified) throw refused('not verified');
  const { newCounter } = authenticationInfo;
  // Two devices with one key: whichever is the copy, neither can be trusted (WebAuthn level 3, section 6.1.1).
  if ((newCounter > 0 || known.counter > 0) && newCounter <= known.counter) throw refused('passkey counter went back');
  const used = { ...known, counter: newCounter, lastUsedAt: now, backedUp: authenticationInfo.credentialBackedUp };
  return { ...account, body: { ...account.body, passkeys: account.body.passkeys.map((one) => (one.id === used.id ? used : one)) } };
}

function takes(take: TakeChallenge): (challenge: string) => Promise<boolean> {
  return async (challenge) => {
    await take(Buffer.from(challenge, 'base64url').toString('utf8'));
    return true;
  };
}

/** The library throws plain errors that say what was wrong: they are for the record, not for who tries. */
async function verify<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw refused(cause instanceof Error ? cause.message.slice(0, 200) : 'not verified', cause);
  }
}

function refused(internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_SIGN_IN_REFUSED', 'That passkey was not accepted.', { remedy: 'Try again, or sign in another way.', internal, cause });
}

function plain(options: object): JsonObject {
  const value = decodeJson(JSON.stringify(options));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the text of an object
  return value as JsonObject;
}
