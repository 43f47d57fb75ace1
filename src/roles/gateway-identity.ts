import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { SharedState } from '../domain/state.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import type { Seal } from '../gateway/seal.ts';
import { createIdentity, type Identity } from '../identity/authenticate.ts';
import type { FetchDocument } from '../identity/document.ts';
import type { ReleaseIssuerSecret } from '../identity/introspection.ts';
import type { UnknownClient } from '../identity/oauth-principal.ts';
import type { Link } from '../link/connect.ts';
import { createAddressGuard } from '../upstream/address.ts';
import { createGuardedFetch } from '../upstream/guarded-fetch.ts';
import type { ProofOwners } from './gateway-peers.ts';

/** What knowing callers stands on. */
export interface IdentityGround {
  readonly node: string;
  readonly control: Link;
  readonly inForce: InForceKeeper;
  readonly seal: Seal;
  readonly state: SharedState;
  readonly peers: ProofOwners;
}

/** Joins the room that knows who calls: issuers are reached through the address guard, secrets and findings are control's, proofs the replicas'. */
export function joinIdentity({ node, control, inForce, seal, state, peers }: IdentityGround): Identity {
  const report = createReporter((unknown) => control.call('control.unknown-client', { ...unknown }));
  return createIdentity({
    node, seal, state,
    askOwner: (owner, proof) => peers.judgeProof(owner, proof),
    fetchDocument: fetchThrough(inForce),
    releaseSecret: releaseFrom(control),
    onUnknownClient: report,
  });
}

/** Issuers are outside parties like servers: each address is checked, no redirect is followed, time and size are bounded. */
function fetchThrough(inForce: InForceKeeper): FetchDocument {
  const guard = createAddressGuard();
  return async ({ url, allowPrivate, form, authorization, bytesMax }) => {
    const network = inForce.snapshot?.network;
    if (network === undefined) throw new SallyportError('ERR_SNAPSHOT_NONE', 'No policy is in force yet.');
    const { hostname } = new URL(url);
    const guarded = createGuardedFetch({ guard, network, privateHosts: new Set(allowPrivate ? [hostname] : []), server: hostname });
    const headers = { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) };
    const response = await guarded(url, form === undefined ? { headers } : { method: 'POST', headers, body: form });
    const text = await response.text();
    if (text.length > bytesMax) throw new SallyportError('ERR_UPSTREAM_TOO_LARGE', 'The issuer answers with too much.');
    return { status: response.status, text };
  };
}

const SECRET_MS = 60_000;

/** Asked for when it is needed and held for a minute; control alone can read it. */
function releaseFrom(control: Link): ReleaseIssuerSecret {
  const held = new Map<string, { readonly value: string; readonly until: number }>();
  return async (issuer) => {
    const known = held.get(issuer);
    if (known !== undefined && Date.now() < known.until) return known.value;
    const answer = await control.call('control.issuer-secret', { issuer });
    const value = isObject(answer) ? answer['value'] : undefined;
    if (typeof value !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'control.issuer-secret was answered with something else');
    held.set(issuer, { value, until: Date.now() + SECRET_MS });
    return value;
  };
}

const REPORT_MS = 60_000;
const REPORTED_MAX = 1_000;

/** A client that keeps trying is one finding: each is reported once a minute, and so many of them. */
function createReporter(send: (unknown: UnknownClient) => Promise<unknown>): (unknown: UnknownClient) => void {
  const reported = new Map<string, number>();
  return (unknown) => {
    const now = Date.now();
    const key = JSON.stringify([unknown.space, unknown.issuer, unknown.client]);
    for (const [one, at] of reported) if (now - at >= REPORT_MS) reported.delete(one);
    if (reported.has(key) || reported.size >= REPORTED_MAX) return;
    reported.set(key, now);
    // The refusal itself is recorded; control hears of it again at the next try.
    send(unknown).catch(() => reported.delete(key));
  };
}
