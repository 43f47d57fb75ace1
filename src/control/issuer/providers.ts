import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { TOKEN_ALGORITHMS } from '../../domain/issuer.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { TrustedProvider } from '../../identity/issuer/parts.ts';
import type { Rows } from '../../store/store.ts';
import { readIssuers } from '../manifest/identity.ts';
import { readSignIn } from '../sign-in/settings.ts';
import { fetchDocument } from './fetch-document.ts';

interface Declared {
  readonly issuer: string;
  readonly jwksUri?: string | undefined;
  readonly allowPrivate: boolean;
  readonly algorithms: readonly string[];
  readonly claims: Readonly<Record<string, string>>;
}

type Keys = Awaited<ReturnType<TrustedProvider['keys']>>;

const known = new Map<string, { readonly until: number; readonly keys: Keys }>();

/** Whose identity assertions are taken: the provider that people sign in through, and those whose tokens the gate takes. Nobody else. */
export async function findProvider(rows: Rows, issuer: string): Promise<TrustedProvider | undefined> {
  const declared = (await declaredProviders(rows)).find((one) => one.issuer === issuer);
  return declared && { issuer, algorithms: declared.algorithms, claims: declared.claims, keys: () => keysOf(rows, declared) };
}

async function declaredProviders(rows: Rows): Promise<readonly Declared[]> {
  const { sso } = await readSignIn(rows);
  const { issuers } = await readIssuers(rows);
  // What a space declares vouches for that space's routes, never for who signs in at the issuer of all.
  const trusted = issuers.filter(({ spaces }) => spaces.includes(DEFAULT_SPACE));
  // What is declared of a provider binds it, also where people sign in through it.
  const signIn = sso === undefined ? [] : [{ issuer: sso.issuer, allowPrivate: sso.allowPrivate ?? false, algorithms: TOKEN_ALGORITHMS, claims: {} }];
  return [...trusted, ...signIn];
}

async function keysOf(rows: Rows, { issuer, jwksUri, allowPrivate }: Declared): Promise<Keys> {
  const found = known.get(issuer);
  if (found !== undefined && found.until > Date.now()) return found.keys;
  const hosts = new Set(allowPrivate ? [new URL(issuer).hostname] : []);
  const uri = jwksUri ?? await findKeysUri(rows, issuer, hosts);
  // Never what metadata names: only what an administrator did.
  if (allowPrivate && jwksUri !== undefined) hosts.add(new URL(jwksUri).hostname);
  const { keys } = await fetchJson(rows, uri, hosts);
  const read = { keys: (isArray(keys) ? keys : []).filter(isObject).map((key) => ({ ...key })) };
  if (known.size >= LIMITS.issuersMax) known.clear();
  known.set(issuer, { until: Date.now() + LIMITS.issuerKeysFreshMs, keys: read });
  return read;
}

/** OpenID Connect Discovery section 4: what the metadata calls itself must be what was asked for. */
async function findKeysUri(rows: Rows, issuer: string, hosts: ReadonlySet<string>): Promise<string> {
  const metadata = await fetchJson(rows, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, hosts);
  const { issuer: own, jwks_uri: uri } = metadata;
  if (own !== issuer || typeof uri !== 'string') throw new Error('the provider\'s metadata is another\'s');
  return uri;
}

async function fetchJson(rows: Rows, url: string, hosts: ReadonlySet<string>): Promise<JsonObject> {
  const response = await fetchDocument(rows, url, hosts);
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  const value: Json = JSON.parse(await response.text());
  return isObject(value) ? value : {};
}
