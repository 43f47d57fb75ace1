import type { JWK } from 'jose';
import type { Happening } from '../../domain/happening.ts';
import type { TokenAlgorithm } from '../../domain/issuer.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SharedState } from '../../domain/state.ts';
import type { VerificationKey } from '../jws.ts';

/** What tokens can be for: a route of the gate (one server or toolset), or what is reserved for a program of our own. */
export interface ResourceView {
  /** Canonical URI: the token's audience, compared character by character. */
  readonly uri: string;
  readonly space: string;
  /** Every scope that a token for it can have. */
  readonly scopes: readonly string[];
  /** What is asked for when a client names no scope: the least that is of use. */
  readonly defaultScopes: readonly string[];
  /** No route, but Sallyport's own: one client alone may ask for it, as nobody's agent, and for no one but whom it serves. */
  readonly reserved?: {
    readonly client: string;
    /** Whoever signed in longer ago than this does so anew. */
    readonly signInMaxMs: number;
    readonly serves: (account: string) => Promise<boolean>;
  };
}

export interface AccountView {
  readonly id: string;
  readonly groups: readonly string[];
}

/** A company's identity provider whose assertions (ID-JAG) are taken. */
export interface TrustedProvider {
  readonly issuer: string;
  /** The key that an assertion names; rejects with ERR_ISSUER_UNAVAILABLE. */
  readonly findKey: (kid: string | undefined, algorithm: TokenAlgorithm) => Promise<VerificationKey | undefined>;
  readonly algorithms: readonly TokenAlgorithm[];
  /** Claims that must have exactly these values: a provider of several environments or tenants vouches for one of them here. */
  readonly claims: Readonly<Record<string, string>>;
}

/** One private key that signs access tokens (ES256), with its public id. */
export interface SigningKey {
  readonly kid: string;
  readonly jwk: JWK;
}

/** `active` signs; the others are published too: the next one early, those before until their last token has ended. */
export interface SigningKeys {
  readonly active: SigningKey;
  readonly published: readonly SigningKey[];
}

/** That a credential (`<iss>|<jti>`) or a whole sign-in (`<iss>|<grant>`) is dead. */
export interface Revocation {
  readonly credential: string;
  readonly reason: string;
}

/** What the issuer needs of the rest of Sallyport; `control/issuer` joins them. All lookups read what is in force at that moment. */
export interface IssuerParts {
  /** The issuer: an origin without a path. */
  readonly origin: string;
  readonly state: SharedState;
  /** 32 bytes that never leave control: what is kept is sealed with keys derived from it, cookies and nonces too. */
  readonly secret: Uint8Array;
  readonly keys: SigningKeys;
  /** A pre-registered client's metadata (RFC 7591 names); `client_secret` is the secret's SHA-256 in hex. */
  readonly findClient: (clientId: string) => Promise<JsonObject | undefined>;
  readonly findResource: (uri: string) => Promise<ResourceView | undefined>;
  /** An account that may sign in now. `since`: when what asks was issued (epoch s); what is older than a deactivation is nobody's. */
  readonly findAccount: (id: string, since?: number) => Promise<AccountView | undefined>;
  /** The registered, unexpired agent that a client is in a space. */
  readonly findAgent: (clientId: string, space: string) => Promise<string | undefined>;
  readonly findProvider: (issuer: string) => Promise<TrustedProvider | undefined>;
  /** The account of a person that a trusted provider vouches for. */
  readonly findSubject: (issuer: string, subject: string) => Promise<string | undefined>;
  /** Whether a person is still signed in in the browser that has these cookies. */
  readonly isSignedIn: (cookies: string, account: string) => Promise<boolean>;
  /** Whether clients may register themselves with a token of an administrator's. */
  readonly registration: boolean;
  readonly interactionPath: (uid: string) => string;
  readonly record: (entry: Happening) => Promise<void>;
  /** The same for whoever did not authenticate; of many of them only the counts. Never rejects: refused they are anyway. */
  readonly refused: (entry: Happening) => Promise<void>;
  /** Durable when it resolves, and on its way to every gateway. */
  readonly revoke: (revocation: Revocation) => Promise<void>;
  /** Whether any of these (a token's `jti`, its grant) is revoked. */
  readonly isRevoked: (ids: readonly string[]) => Promise<boolean>;
  /** GET through the SSRF guard: HTTPS, checked address, limited time and size, no redirects. */
  readonly fetchGuarded: (url: string, signal?: AbortSignal) => Promise<Response>;
  readonly pages: IssuerPages;
  readonly report: (line: string) => void;
}

/** The few pages that the protocol itself shows; HTML documents. `form` is the provider's own and safe; all else must be escaped. */
export interface IssuerPages {
  readonly failure: (code: string) => string;
  readonly deviceCode: (form: string, wrong: boolean) => string;
  readonly deviceConfirm: (form: string, client: string, userCode: string) => string;
  readonly deviceDone: () => string;
}
