import type { Issuer } from '../domain/issuer.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { readClaims, type Vouched } from './claims.ts';
import { invalidToken, type Credential } from './credential.ts';
import { fetchObject, settingsOf, unavailable, type FetchDocument } from './document.ts';

/** The secret by which the gate identifies itself to an issuer's introspection; control releases it. */
export type ReleaseIssuerSecret = (issuer: string) => Promise<string>;

export interface Introspection {
  /** Throws, or rejects with, ERR_TOKEN_INVALID, ERR_TOKEN_LIFETIME, ERR_ISSUER_UNAVAILABLE. A promise only while the issuer is asked. */
  verify(credential: Credential, issuers: ReadonlyMap<string, Issuer>, space: string, now: number): Vouched | Promise<Vouched>;
}

interface Answer {
  readonly settings: string;
  /** Undefined: the issuer says that this is no token of its. */
  readonly vouched: Vouched | undefined;
  readonly until: number;
}

/**
 * Opaque tokens (RFC 7662): the issuer says what one is good for. An answer is believed for a minute at most, by the
 * token's digest. A space has at most one issuer of opaque tokens: to ask two would tell each the tokens of the other.
 */
export function createIntrospection(fetchDocument: FetchDocument, releaseSecret: ReleaseIssuerSecret): Introspection {
  const answers = new Map<string, Answer>();
  const pending = new Map<string, Promise<Answer>>();

  const ask = async (issuer: Issuer, { token, digest }: Credential, now: number): Promise<Answer> => {
    const { endpoint, clientId } = issuer.introspection ?? { endpoint: '', clientId: '' };
    const secret = await releaseSecret(issuer.issuer).catch((cause: unknown) => {
      throw unavailable('no client secret', cause);
    });
    const said = await fetchObject(fetchDocument, {
      url: endpoint, allowPrivate: issuer.allowPrivate, bytesMax: LIMITS.issuerDocumentBytesMax,
      form: new URLSearchParams({ token, token_type_hint: 'access_token' }), authorization: basic(clientId, secret),
    });
    const vouched = said['active'] === true ? readAnswer(said, issuer, digest) : undefined;
    const until = Math.min(now + LIMITS.introspectionMs, vouched?.expiresAt ?? now + LIMITS.introspectionRefusedMs);
    const answer: Answer = { settings: settingsOf(issuer), vouched, until };
    if (answers.size >= LIMITS.verifiedTokensMax) answers.clear();
    answers.set(digest, answer);
    return answer;
  };

  return {
    verify(credential, issuers, space, now) {
      const asked = [...issuers.values()].filter(({ introspection, spaces }) => introspection !== undefined && spaces.includes(space));
      const [issuer] = asked;
      if (issuer === undefined) throw invalidToken('unknown token');
      if (asked.length > 1) throw invalidToken('more than one issuer of opaque tokens');
      const key = credential.digest;
      const known = answers.get(key);
      if (known !== undefined && now < known.until && known.settings === settingsOf(issuer)) return vouchedBy(known);
      // What another issuer, or the same one under other settings, is being asked says nothing here.
      const asking = `${key} ${settingsOf(issuer)}`;
      const waiting = pending.get(asking);
      if (waiting !== undefined) return waiting.then(vouchedBy);
      // Anybody can make tokens up: what they cost the issuer is bounded.
      if (pending.size >= LIMITS.introspectionsMax) throw unavailable('too many introspections');
      const answer = ask(issuer, credential, now).finally(() => pending.delete(asking));
      pending.set(asking, answer);
      return answer.then(vouchedBy);
    },
  };
}

/** RFC 7662 section 2.2: most members may be missing; `iss`, when it is there, must be the issuer that was asked. */
function readAnswer(said: JsonObject, issuer: Issuer, digest: string): Vouched {
  if (said['iss'] !== undefined && said['iss'] !== issuer.issuer) throw invalidToken('issuer not allowed');
  // Its `token_type` is "Bearer" or "DPoP"; other kinds are for other places (RFC 7662 section 2.2, RFC 9449 section 6.2).
  const { token_type: type, ...claims } = said;
  if (typeof type === 'string' && !/^(?:bearer|dpop|access_token)$/i.test(type)) throw invalidToken('not an access token');
  return readClaims(claims, issuer, digest);
}

function vouchedBy({ vouched }: Answer): Vouched {
  if (vouched === undefined) throw invalidToken('not active');
  return vouched;
}

/** RFC 6749 section 2.3.1: both parts are form-encoded first. */
function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeForm(clientId)}:${encodeForm(secret)}`).toString('base64')}`;
}

function encodeForm(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}
