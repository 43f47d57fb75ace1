import type { Issuer } from '../../domain/issuer.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { unavailable, type FetchDocument } from '../../identity/document.ts';
import type { IssuerParts } from '../../identity/issuer/parts.ts';
import { createIssuerKeys, findKey } from '../../identity/jwks.ts';
import { issuersOf } from '../../registry/identity-shape.ts';
import type { Rows } from '../../store/store.ts';
import { readIssuers } from '../manifest/identity.ts';
import { readSignIn } from '../sign-in/settings.ts';
import { fetchDocument } from './fetch-document.ts';

/**
 * Whose identity assertions are taken: the provider that people sign in through, and those whose tokens the gate takes. Nobody
 * else. Who they are is read each time; their keys are kept as a gateway keeps them.
 */
export function createProviders(rows: Rows, now: () => number): IssuerParts['findProvider'] {
  const keys = createIssuerKeys(fetchThrough(rows));
  return async (issuer) => {
    const declared = (await declaredProviders(rows)).find((one) => one.issuer === issuer);
    return declared && {
      issuer, algorithms: declared.algorithms, claims: declared.claims,
      findKey: async (kid, algorithm) => findKey(await keys.lookUp(declared, kid, algorithm, now()), kid, algorithm),
    };
  };
}

async function declaredProviders(rows: Rows): Promise<readonly Issuer[]> {
  const { sso } = await readSignIn(rows);
  const { issuers } = await readIssuers(rows);
  // What a space declares vouches for that space's routes, never for who signs in at the issuer of all.
  const trusted = issuers.filter(({ spaces }) => spaces.includes(DEFAULT_SPACE));
  // What is declared of a provider binds it, also where people sign in through it.
  const signIn = sso === undefined ? [] : [{ issuer: sso.issuer, allowPrivate: sso.allowPrivate ?? false }];
  return [...trusted, ...issuersOf({ issuers: signIn }, DEFAULT_SPACE)];
}

function fetchThrough(rows: Rows): FetchDocument {
  return async ({ url, allowPrivate, bytesMax }) => {
    const response = await fetchDocument(rows, url, new Set(allowPrivate ? [new URL(url).hostname] : []));
    const text = await response.text();
    if (text.length > bytesMax) throw unavailable('answers with too much');
    return { status: response.status, text };
  };
}
