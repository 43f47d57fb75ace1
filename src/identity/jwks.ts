import type { Issuer, TokenAlgorithm } from '../domain/issuer.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { fetchObject, settingsOf, unavailable, type FetchDocument } from './document.ts';
import { importJwk, type VerificationKey } from './jws.ts';

/** The keys of one issuer at one time. An object of its own for each set: what was verified by another set is verified anew. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
}

export interface IssuerKeys {
  /**
   * The keys among which the one with this id is, or must be if there is one; a promise only while the issuer has to be
   * asked. Rejects with ERR_ISSUER_UNAVAILABLE when nothing usable is known.
   */
  lookUp(issuer: Issuer, kid: string | undefined, algorithm: TokenAlgorithm, now: number): KeySet | Promise<KeySet>;
  /** The set in use; undefined when none is, or when what there is has grown too old. Looks again in the background when it is time. */
  current(issuer: Issuer, now: number): KeySet | undefined;
}

interface State {
  set: KeySet | undefined;
  /** The text of the set, so that an equal one stays the same object. */
  text: string;
  fetchedAt: number;
  triedAt: number;
  pending: Promise<KeySet> | undefined;
}

/**
 * Keys of outside issuers, found through their metadata and fetched once for all who wait. They are looked at again every
 * few minutes, and at once (but seldom) when a token names a key that is not there. An issuer that is away is no reason to
 * stop: its last keys serve for a day, and no longer, for a key that was withdrawn meanwhile must come to an end.
 */
export function createIssuerKeys(fetchDocument: FetchDocument): IssuerKeys {
  const states = new Map<string, State>();
  const stateOf = (issuer: Issuer): State => {
    const key = settingsOf(issuer);
    const known = states.get(key);
    if (known !== undefined) return known;
    if (states.size >= LIMITS.issuersMax) states.clear();
    const embedded = issuer.jwks === undefined ? undefined : setOf(issuer.jwks);
    const state: State = { set: embedded, text: '', fetchedAt: 0, triedAt: Number.NEGATIVE_INFINITY, pending: undefined };
    states.set(key, state);
    return state;
  };
  const refresh = (issuer: Issuer, state: State, now: number): Promise<KeySet> => {
    if (state.pending !== undefined) return state.pending;
    state.triedAt = now;
    state.pending = fetchKeys(fetchDocument, issuer).then((jwks) => {
      const text = JSON.stringify(jwks);
      const set = text === state.text && state.set !== undefined ? state.set : setOf(jwks);
      if (set.keys.length === 0) throw unavailable('no usable key');
      Object.assign(state, { set, text, fetchedAt: now });
      return set;
    }).finally(() => {
      state.pending = undefined;
    });
    return state.pending;
  };
  const current = (issuer: Issuer, now: number): KeySet | undefined => {
    const state = stateOf(issuer);
    if (issuer.jwks !== undefined || state.set === undefined) return state.set;
    const ageMs = now - state.fetchedAt;
    if (ageMs >= LIMITS.issuerKeysFreshMs && now - state.triedAt >= LIMITS.issuerKeysRetryMs) refresh(issuer, state, now).catch(() => undefined);
    return ageMs < LIMITS.issuerKeysStaleMs ? state.set : undefined;
  };
  return {
    current,
    lookUp(issuer, kid, algorithm, now) {
      const state = stateOf(issuer);
      const set = current(issuer, now);
      if (issuer.jwks !== undefined) return set ?? NO_KEYS;
      const mayAsk = state.pending !== undefined || now - state.triedAt >= LIMITS.issuerKeysRetryMs;
      if (set === undefined) {
        if (!mayAsk) throw unavailable('asked a moment ago');
        return refresh(issuer, state, now);
      }
      // A key that is missing may be a new one; a stranger that makes key ids up costs the issuer no more than one request each time.
      return mayAsk && findKey(set, kid, algorithm) === undefined ? refresh(issuer, state, now).catch(() => set) : set;
    },
  };
}

const NO_KEYS: KeySet = { keys: [] };

/** The key that a token names; without a name, the only one that its algorithm fits. */
export function findKey({ keys }: KeySet, kid: string | undefined, algorithm: TokenAlgorithm): VerificationKey | undefined {
  const fitting = keys.filter((key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function setOf({ keys }: JsonObject): KeySet {
  const listed = isArray(keys) ? keys.filter(isObject).slice(0, LIMITS.issuerKeysMax) : [];
  return { keys: listed.flatMap((jwk) => importJwk(jwk) ?? []) };
}

async function fetchKeys(fetchDocument: FetchDocument, issuer: Issuer): Promise<JsonObject> {
  const url = issuer.jwksUri ?? await discover(fetchDocument, issuer);
  // What may be private is what an administrator named: the issuer's own host, or where they said that its keys are.
  const isNamed = issuer.jwksUri !== undefined || (URL.canParse(url) && new URL(url).hostname === new URL(issuer.issuer).hostname);
  return fetchObject(fetchDocument, { url, allowPrivate: issuer.allowPrivate && isNamed, bytesMax: LIMITS.issuerDocumentBytesMax });
}

/** RFC 8414 section 3 and OpenID Connect Discovery: what the document says of its own name must be the issuer, character by character. */
async function discover(fetchDocument: FetchDocument, { issuer, allowPrivate }: Issuer): Promise<string> {
  let last: unknown;
  for (const url of metadataUrls(issuer)) {
    try {
      const metadata = await fetchObject(fetchDocument, { url, allowPrivate, bytesMax: LIMITS.issuerDocumentBytesMax });
      const jwksUri = metadata['jwks_uri'];
      if (metadata['issuer'] === issuer && typeof jwksUri === 'string') return jwksUri;
      last = unavailable('metadata of another issuer');
    } catch (fault) {
      last = fault;
    }
  }
  throw last;
}

function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = URL.canParse(issuer) ? new URL(issuer) : { origin: '', pathname: '' };
  const path = pathname.replace(/\/$/, '');
  const inserted = [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}/.well-known/openid-configuration${path}`];
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`];
}
