/** Who calls: the accountable person or workload, and the agents acting for it. */
export interface Principal {
  /** Stable id: `<issuer>|<subject>`; issuer `sallyport` for agent tokens and for our own workloads. */
  readonly id: string;
  readonly kind: 'person' | 'workload';
  readonly space: string;
  readonly groups: readonly string[];
  /** The registered agent that makes the call. */
  readonly agent: string;
  /** The RFC 8693 `act` chain, outermost first; empty when the principal acts itself. */
  readonly actors: readonly string[];
  readonly proof: 'bearer' | 'dpop' | 'mtls';
  readonly tokenAgeMs: number;
  /** Epoch ms at which the credential ends: streams, tasks and held calls end then too (invariant 4). */
  readonly expiresAt: number;
  /** Id of the credential (never the credential), for revocation. OAuth: `<issuer>|<jti>`. */
  readonly credential: string;
  /** Id of the sign-in that the credential came from, where its issuer names one: revoking it ends all that came from it. */
  readonly grant?: string;
  /** The same, where a person signed in for it. Assertions and exchanges make a new grant whenever an agent wants one. */
  readonly signIn?: string;
  /** What an OAuth token is good for at most; absent where there is no such ceiling (agent tokens, our own workloads). */
  readonly scopes?: readonly string[];
}

/** The workload that enrols, refreshes and probes servers, through the same path as everyone (invariant 1). */
export const REGISTRY_PRINCIPAL_ID = 'sallyport|registry';

/** Where all rows live until an administrator makes another space. */
export const DEFAULT_SPACE = 'default';
