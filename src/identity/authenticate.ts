import { SallyportError } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import type { Issuer } from '../domain/issuer.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { AgentToken, Lease, NetworkSettings, Snapshot } from '../domain/snapshot.ts';
import type { SharedState } from '../domain/state.ts';
import { createAccessTokens } from './access-token.ts';
import { hashOf, indexTokens, readAgentToken } from './agent-token.ts';
import type { Vouched } from './claims.ts';
import { digestOf, invalidToken, readCredential, type Credential } from './credential.ts';
import type { FetchDocument } from './document.ts';
import { createIntrospection, type ReleaseIssuerSecret } from './introspection.ts';
import { createIssuerKeys } from './jwks.ts';
import { audienceOf, canonicalUriOf } from './metadata.ts';
import { createNonces, type NonceOptions, type ProofVerdict } from './nonces.ts';
import { indexAgents, principalOf, type AgentIndex, type UnknownClient } from './oauth-principal.ts';
import { createProofs, type Proof } from './proof.ts';
import { createZones } from './zones.ts';

/** Whom the gate can know: made once for a snapshot. */
export interface KnownIdentities {
  readonly byHash: ReadonlyMap<string, AgentToken>;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly agents: AgentIndex;
  readonly network: NetworkSettings;
}

/** With what ended since: outside the snapshot, checked on every message. */
export interface Identities extends KnownIdentities {
  readonly revoked: ReadonlySet<string>;
  /** `<space>/<principal id>`. */
  readonly revokedPrincipals: ReadonlySet<string>;
}

export function indexIdentities({ tokens, issuers, agents, network }: Pick<Snapshot, 'tokens' | 'issuers' | 'agents' | 'network'>): KnownIdentities {
  return { byHash: indexTokens(tokens), issuers: new Map(issuers.map((issuer) => [issuer.issuer, issuer])), agents: indexAgents(agents), network };
}

/** Whether the issuer of a principal that was known earlier is trusted in its space now. Agent tokens are our own; what ends one is in the lease. */
export function isStillTrusted({ id, space }: Principal, { issuers }: KnownIdentities): boolean {
  const issuer = id.slice(0, id.indexOf('|'));
  return issuer === 'sallyport' || (issuers.get(issuer)?.spaces.includes(space) ?? false);
}

type Ended = Pick<Lease, 'revokedCredentials' | 'revokedPrincipals'>;

export function withRevocations(known: KnownIdentities, { revokedCredentials, revokedPrincipals }: Ended): Identities {
  return { ...known, revoked: new Set(revokedCredentials), revokedPrincipals: new Set(revokedPrincipals) };
}

/** What of an HTTP request says who calls. */
export interface Presented {
  readonly headers: Pick<Headers, 'get'>;
  readonly httpMethod: string;
  readonly route: Route;
  /** Thumbprint of the client certificate, as `Inbound` has it. */
  readonly certificate?: string;
  readonly zone: 'loopback' | 'internal' | 'external';
}

export interface Identity {
  /**
   * Credential → Principal: an agent token, a JWT access token of an allowed issuer, or an opaque one that its issuer knows;
   * with the proof of possession that it is bound to. A proof is used up by it. A promise only when something has to be asked.
   * Throws, or rejects with, ERR_TOKEN_*, ERR_PROOF_*, ERR_AGENT_UNKNOWN, ERR_ISSUER_UNAVAILABLE; no text says more than its code.
   */
  authenticate(presented: Presented, known: Identities, now: number): Principal | Promise<Principal>;
  /** As `authenticate`, but the proof may be shown once more: for what is decided before the request is whole. */
  recognise(presented: Presented, known: Identities, now: number): Principal | Promise<Principal>;
  /** The nonce that the next DPoP proof shall have. */
  nonce(now: number): string;
  /** Whether another replica may take a proof that came with a nonce of this one. */
  judgeProof(proof: Proof, now: number): ProofVerdict;
}

export interface IdentityOptions extends NonceOptions {
  readonly fetchDocument: FetchDocument;
  readonly releaseSecret: ReleaseIssuerSecret;
  readonly state: SharedState;
  readonly onUnknownClient: (unknown: UnknownClient) => void;
}

export function createIdentity(options: IdentityOptions): Identity {
  const accessTokens = createAccessTokens(createIssuerKeys(options.fetchDocument));
  const introspection = createIntrospection(options.fetchDocument, options.releaseSecret);
  const nonces = createNonces(options);
  const proofs = createProofs();
  const zones = createZones(options.state);

  const vouchedFor = (credential: Credential, { route }: Presented, { issuers }: Identities, now: number): Vouched | Promise<Vouched> =>
    credential.kind === 'jwt' ? accessTokens.verify(credential, issuers, now) : introspection.verify(credential, issuers, route.space, now);

  const admit = (vouched: Vouched, credential: Credential, presented: Presented, known: Identities, now: number): Admitted => {
    const uris = urisOf(presented.route, known.network);
    const principal = notRevoked(principalOf(vouched, { route: presented.route, uris, now }, known.agents, options.onUnknownClient), known);
    if (vouched.x5t !== undefined && vouched.x5t !== presented.certificate) throw invalidToken('another certificate than the token\'s');
    // RFC 9449 section 7.1: each kind of token has its own scheme, or a stolen one would pass without its key.
    if ((vouched.jkt !== undefined) !== (credential.scheme === 'dpop')) throw invalidToken(vouched.jkt === undefined ? 'not bound to a key' : 'stripped proof');
    if (vouched.jkt === undefined) return { principal };
    const context = { method: presented.httpMethod, uris, ath: credential.digest, jkt: vouched.jkt, now };
    return { principal, proof: proofs.check(presented.headers.get('dpop'), context) };
  };

  const recognised = (presented: Presented, known: Identities, now: number, credential: Credential): Admitted | Promise<Admitted> => {
    if (credential.kind !== 'agent') {
      return after(vouchedFor(credential, presented, known, now), (vouched) => admit(vouched, credential, presented, known, now));
    }
    if (credential.scheme === 'dpop') throw invalidToken('not bound to a key');
    const { route } = presented;
    return { principal: notRevoked(readAgentToken(known.byHash.get(hashOf(credential.digest)), route.space, audienceOf(route), now), known) };
  };

  return {
    authenticate(presented, known, now) {
      const credential = readCredential(presented.headers.get('authorization'));
      return after(recognised(presented, known, now, credential), ({ principal, proof }) => {
        const { space, expiresAt } = principal;
        // An agent token came from an administrator: its holder has no sign-in to repeat, and policy can name the zone.
        // Others are known by their id: who took one can write it in several ways.
        const isLoose = principal.proof === 'bearer' && credential.kind !== 'agent';
        const checked = proof !== undefined ? nonces.spend(proof, now)
          : isLoose ? zones.check(space, digestOf(principal.credential), presented.zone, expiresAt, now) : undefined;
        return after(checked, () => principal);
      });
    },
    recognise: (presented, known, now) =>
      after(recognised(presented, known, now, readCredential(presented.headers.get('authorization'))), ({ principal }) => principal),
    nonce: (now) => nonces.current(now),
    judgeProof: (proof, now) => nonces.judge(proof, now),
  };
}

interface Admitted {
  readonly principal: Principal;
  readonly proof?: Proof;
}

/** Goes on at once where there is nothing to wait for: a warm call costs no turn of the event loop. */
function after<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** The door for certificates is another name of the same route. */
function urisOf(route: Route, network: NetworkSettings): readonly string[] {
  const uri = canonicalUriOf(route, network);
  return network.mtls === undefined ? [uri] : [uri, canonicalUriOf(route, network.mtls)];
}

function notRevoked(principal: Principal, { revoked, revokedPrincipals }: Identities): Principal {
  const { id, space, credential, grant } = principal;
  // Our own workload's requests never were on a network.
  if (id === REGISTRY_PRINCIPAL_ID) throw invalidToken('the registry\'s name');
  if (revoked.has(credential) || (grant !== undefined && revoked.has(grant)) || revokedPrincipals.has(`${space}/${id}`)) {
    throw new SallyportError('ERR_TOKEN_REVOKED', 'This token was revoked.', { remedy: 'Ask for a new token.' });
  }
  return principal;
}
