import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Issuer } from '../../src/domain/issuer.ts';
import type { Principal } from '../../src/domain/principal.ts';
import { createSeal } from '../../src/gateway/seal.ts';
import { createIdentity, indexIdentities, withRevocations, type Identities, type Identity, type Presented } from '../../src/identity/authenticate.ts';
import type { Figure } from '../figures.ts';

const CHECKS = 20_000;
const PROOFS = 3_000;
const LIMIT_US = 40;
const PUBLIC_URL = 'https://gate.example';
const ROUTE = { kind: 'server', space: 'default', name: 'crm' } as const;

/** Who signs: an issuer, or a client its proofs. */
interface Signer {
  readonly algorithm: 'ES256' | 'EdDSA' | 'RS256';
  readonly jwk: JsonObject;
  sign(header: JsonObject, claims: JsonObject): string;
}

const PAIRS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

function part(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function makeSigner(algorithm: Signer['algorithm']): Signer {
  const { privateKey, publicKey } = PAIRS[algorithm]();
  const members = Object.entries(publicKey.export({ format: 'jwk' })).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    algorithm,
    jwk: Object.fromEntries(members),
    sign(header, claims) {
      const signed = `${part({ ...header, alg: algorithm })}.${part(claims)}`;
      const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}

/** RFC 7638: the members in the order of their names. */
function thumbprintOf(jwk: JsonObject): string {
  const sorted = Object.fromEntries(Object.entries(jwk).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

const never = (): Promise<never> => Promise.reject(new Error('nothing is asked for here'));

function openIdentity(): Identity {
  return createIdentity({
    node: 'bench', seal: createSeal(new Uint8Array(32).fill(1)), askOwner: never, fetchDocument: never, releaseSecret: never, onUnknownClient: () => undefined,
    state: { get: never, set: never, setIfAbsent: () => Promise.resolve(true), increment: never, delete: never },
  });
}

function knownBy({ jwk, algorithm }: Signer): Identities {
  const issuer: Issuer = {
    issuer: 'https://idp.example', spaces: ['default'], audience: [], jwks: { keys: [{ ...jwk, kid: 'k' }] }, algorithms: [algorithm],
    tokenLifetimeMaxMs: 3_600_000, groupsClaim: 'groups', clientClaim: 'client_id', scopes: 'required', claims: {}, allowPrivate: false, embedded: true,
  };
  const agent = {
    id: 'desk', space: 'default', owner: 'bench', purpose: 'bench', clients: ['https://idp.example|desk'], allow: '*',
    expiresAt: Number.MAX_SAFE_INTEGER, conversations: false,
  } as const;
  const known = indexIdentities({ tokens: [], issuers: [issuer], agents: [agent], network: { publicUrl: PUBLIC_URL, internal: [], origins: [] } });
  return withRevocations(known, { revokedCredentials: Array.from({ length: 1000 }, (_, index) => `r${index}`), revokedPrincipals: [] });
}

function tokenOf(issuer: Signer, now: number, more: JsonObject = {}): string {
  const iat = Math.floor(now / 1000);
  return issuer.sign({ typ: 'at+jwt', kid: 'k' }, {
    iss: 'https://idp.example', sub: 'ann', aud: `${PUBLIC_URL}/mcp/crm`, client_id: 'desk', scope: 'crm.read crm.write', groups: ['support', 'sales'],
    jti: randomUUID(), iat, exp: iat + 600, ...more,
  });
}

const showing = (headers: Readonly<Record<string, string>>): Presented =>
  ({ headers: new Headers(headers), httpMethod: 'POST', route: ROUTE, zone: 'internal' });

/** CPU of one check, each result looked at; a wrong answer ends the bench. */
function cpuUs(count: number, check: (index: number) => Principal | Promise<Principal>): number {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const principal = check(index);
    if (principal instanceof Promise || principal.agent !== 'desk') throw new Error('a warm check had to ask somebody');
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** What knowing the caller adds to a call: a token seen before, a token seen first, and a proof of possession, new with each call. */
export async function measureIdentity(): Promise<Figure[]> {
  const now = Date.now();
  const figures: Figure[] = [];
  const add = (name: string, value: number, target?: number): void => {
    figures.push({ section: 'identity', name, value, unit: 'µs', ...(target === undefined ? {} : { target: `≤ ${target} µs`, met: value <= target }) });
  };
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    const issuer = makeSigner(algorithm);
    const [identity, known] = [openIdentity(), knownBy(issuer)];
    const warm = showing({ authorization: `Bearer ${tokenOf(issuer, now)}` });
    await identity.authenticate(warm, known, now);
    cpuUs(CHECKS, () => identity.recognise(warm, known, now));
    add(`${algorithm} access token, seen before`, cpuUs(CHECKS, () => identity.authenticate(warm, known, now)), LIMIT_US);
    const fresh = Array.from({ length: PROOFS }, () => showing({ authorization: `Bearer ${tokenOf(issuer, now)}` }));
    add(`${algorithm} access token, seen first`, cpuUs(PROOFS, (index) => identity.recognise(fresh[index] ?? warm, known, now)));
  }
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const [issuer, client, identity] = [makeSigner('ES256'), makeSigner(algorithm), openIdentity()];
    const known = knownBy(issuer);
    const token = tokenOf(issuer, now, { cnf: { jkt: thumbprintOf(client.jwk) } });
    const ath = createHash('sha256').update(token).digest('base64url');
    const prove = (): Presented => showing({
      authorization: `DPoP ${token}`,
      dpop: client.sign({ typ: 'dpop+jwt', jwk: client.jwk }, {
        htm: 'POST', htu: `${PUBLIC_URL}/mcp/crm`, iat: Math.floor(now / 1000), jti: randomUUID(), ath, nonce: identity.nonce(now),
      }),
    });
    const [heating, measured] = [Array.from({ length: PROOFS }, prove), Array.from({ length: PROOFS }, prove)];
    cpuUs(PROOFS, (index) => identity.authenticate(heating[index] ?? prove(), known, now));
    add(`${algorithm} proof (DPoP) with its token`, cpuUs(PROOFS, (index) => identity.authenticate(measured[index] ?? prove(), known, now)), LIMIT_US);
  }
  return figures;
}
