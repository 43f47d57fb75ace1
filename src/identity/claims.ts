import { SallyportError } from '../domain/errors.ts';
import type { Issuer } from '../domain/issuer.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { invalidToken } from './credential.ts';

/** What an issuer vouched for: the content of one access token, whatever form it came in. Holds no credential. */
export interface Vouched {
  readonly issuer: Issuer;
  readonly subject: string;
  readonly client: string;
  /** `jti`, or the digest of what the token says where its issuer gives none. */
  readonly id: string;
  readonly grant: string | undefined;
  readonly audience: readonly string[];
  /** Epoch ms, the allowance for clocks that differ included. */
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly issuedAt: number;
  /** When the person signed in, if the issuer says it (RFC 9068 section 2.2.1, `auth_time`); epoch ms. */
  readonly signedInAt: number | undefined;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly kind: 'person' | 'workload';
  /** `<issuer>|<client>` of each actor, outermost first. */
  readonly actors: readonly string[];
  /** Embedded issuer only: the one space that it was issued for. */
  readonly space: string | undefined;
  /** Thumbprints of the key (RFC 9449 section 6.1) and the certificate (RFC 8705 section 3.1) without which it is worth nothing. */
  readonly jkt: string | undefined;
  readonly x5t: string | undefined;
}

const SKEW_MS = 60_000;

/**
 * Claims → what they vouch for (RFC 9068 section 4, RFC 7519 section 4.1). Everything that does not change with time or
 * route is checked here, once. Throws ERR_TOKEN_INVALID, ERR_TOKEN_LIFETIME.
 */
export function readClaims(claims: JsonObject, issuer: Issuer, digest: string): Vouched {
  for (const [name, value] of Object.entries(issuer.claims)) if (claims[name] !== value) throw invalidToken(`claim ${name}`);
  if (isAnotherKind(claims)) throw invalidToken('not an access token');
  const subject = textOf(claims, 'sub');
  const client = clientOf(claims, issuer);
  if (subject === undefined) throw invalidToken('no sub');
  if (client === undefined) throw invalidToken('no client');
  const { jkt, x5t } = confirmationOf(claims['cnf']);
  return {
    issuer, subject, client, jkt, x5t,
    id: textOf(claims, 'jti') ?? digest,
    grant: textOf(claims, 'sid') ?? (issuer.embedded ? textOf(claims, 'io.sallyport/grant') : undefined),
    audience: textsOf(claims['aud'], 'aud'),
    ...timesOf(claims, issuer),
    signedInAt: claims['auth_time'] === undefined ? undefined : msOf(claims['auth_time'], 'auth_time'),
    groups: groupsOf(claims, issuer),
    scopes: scopesOf(claims),
    kind: isWorkload(claims, subject, client) ? 'workload' : 'person',
    actors: actorsOf(claims['act'], issuer, client),
    space: issuer.embedded ? textOf(claims, 'io.sallyport/space') : undefined,
  };
}

/** Other tokens of the same issuer, signed by the same key: what was made for the client to read, or to end a session. */
function isAnotherKind(claims: JsonObject): boolean {
  if (['at_hash', 'c_hash', 's_hash', 'events', 'nonce'].some((name) => name in claims)) return true;
  const kind = claims['typ'] ?? claims['token_use'];
  return typeof kind === 'string' && !['bearer', 'dpop', 'access'].includes(kind.toLowerCase());
}

function timesOf(claims: JsonObject, { tokenLifetimeMaxMs }: Issuer): Pick<Vouched, 'expiresAt' | 'notBefore' | 'issuedAt'> {
  const [exp, iat] = [msOf(claims['exp'], 'exp'), msOf(claims['iat'], 'iat')];
  const nbf = claims['nbf'] === undefined ? iat : msOf(claims['nbf'], 'nbf');
  if (exp - iat > tokenLifetimeMaxMs) {
    throw new SallyportError('ERR_TOKEN_LIFETIME', 'This token lives longer than the gate takes.', {
      remedy: `Let the issuer make access tokens of at most ${Math.floor(tokenLifetimeMaxMs / 60_000)} minutes.`,
      internal: `${Math.floor((exp - iat) / 1000)} s`,
    });
  }
  return { expiresAt: exp + SKEW_MS, notBefore: Math.max(nbf, iat) - SKEW_MS, issuedAt: iat };
}

function msOf(value: Json | undefined, name: string): number {
  if (typeof value !== 'number' || value < 0 || !Number.isFinite(value)) throw invalidToken(`no ${name}`);
  return value * 1000;
}

/** RFC 9068 names it `client_id`; OpenID Connect, and with it many providers, `azp`. */
function clientOf(claims: JsonObject, { clientClaim }: Issuer): string | undefined {
  return textOf(claims, clientClaim) ?? (clientClaim === 'client_id' ? textOf(claims, 'azp') : undefined);
}

function textOf(claims: JsonObject, name: string): string | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  // The bar parts issuer and subject in our ids; control characters would break the lines of records.
  if (typeof value !== 'string' || value === '' || value.length > LIMITS.nameLengthMax || UNSAFE.test(value)) throw invalidToken(`claim ${name}`);
  return value;
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** One text or a list of texts. */
function textsOf(value: Json | undefined, name: string): readonly string[] {
  const list = typeof value === 'string' ? [value] : isArray(value) ? value : [];
  const texts = list.filter((one) => typeof one === 'string');
  if (texts.length !== list.length || list.length > LIMITS.claimItemsMax) throw invalidToken(`claim ${name}`);
  return texts;
}

/** A provider that leaves groups out, because they are too many, says so: a `forbid` for a group that we are not told of must not be lost. */
function groupsOf(claims: JsonObject, { groupsClaim }: Issuer): readonly string[] {
  const elsewhere = claims['_claim_names'];
  if (isObject(elsewhere) && groupsClaim in elsewhere) throw invalidToken('groups left out');
  const value = claims[groupsClaim];
  if (value !== undefined && typeof value !== 'string' && !isArray(value)) throw invalidToken(`claim ${groupsClaim}`);
  return textsOf(value, groupsClaim);
}

/** RFC 8693 section 4.2 writes them in one text; some providers write `scp`, as a text or as a list. */
function scopesOf(claims: JsonObject): readonly string[] {
  // A workload of Entra is given application roles, where people's tokens carry scopes.
  const value = claims['scope'] ?? claims['scp'] ?? claims['roles'];
  const texts = textsOf(value, 'scope').flatMap((one) => one.split(' '));
  return [...new Set(texts.filter((scope) => scope !== ''))];
}

/** RFC 9068 section 2.2 has the client as subject; Auth0, Entra ID (an optional claim) and Keycloak say it in words of their own. */
function isWorkload(claims: JsonObject, subject: string, client: string): boolean {
  if (subject === client || claims['gty'] === 'client-credentials' || claims['idtyp'] === 'app') return true;
  return claims['preferred_username'] === `service-account-${client.toLowerCase()}`;
}

/** A confirmation that we can't check is one that we can't drop either. */
function confirmationOf(cnf: Json | undefined): Pick<Vouched, 'jkt' | 'x5t'> {
  if (cnf === undefined) return { jkt: undefined, x5t: undefined };
  if (!isObject(cnf)) throw invalidToken('claim cnf');
  const { jkt, 'x5t#S256': x5t, ...others } = cnf;
  if (Object.keys(others).length > 0 || !isThumbprint(jkt) || !isThumbprint(x5t) || (jkt ?? x5t) === undefined) throw invalidToken('claim cnf');
  return { jkt, x5t };
}

function isThumbprint(value: Json | undefined): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '');
}

/** RFC 8693 section 4.1, outermost first. Each is a client as the token's own is; the token's own client may stand first. */
function actorsOf(act: Json | undefined, issuer: Issuer, client: string): readonly string[] {
  const actors: string[] = [];
  for (let next = act; next !== undefined; ) {
    if (!isObject(next) || actors.length >= LIMITS.delegationDepthMax) throw invalidToken('claim act');
    const name = textOf(next, 'client_id') ?? textOf(next, 'sub');
    if (name === undefined) throw invalidToken('claim act');
    const iss = textOf(next, 'iss') ?? issuer.issuer;
    // An outside issuer may speak of its own clients; only ours, which checked the other's word, of another's.
    if (iss !== issuer.issuer && !issuer.embedded) throw invalidToken('claim act');
    const actor = `${iss}|${name}`;
    if (actors.includes(actor) || (actors.length > 0 && actor === `${issuer.issuer}|${client}`)) throw invalidToken('an actor twice');
    actors.push(actor);
    next = next['act'];
  }
  return actors;
}
