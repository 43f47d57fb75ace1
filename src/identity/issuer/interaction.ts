/** What an authorization request waits for from a person, at control's sign-in pages. */
export interface Interaction {
  readonly uid: string;
  /** `login`: who they are. `consent`: whether they agree. */
  readonly prompt: 'login' | 'consent';
  readonly client: InteractionClient;
  /** Where the answer goes; absent in the device flow. */
  readonly redirectUri?: string;
  /** Canonical URI of the route that the token is to be for. */
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Sallyport's own resource, not a route: the client is the one that it is reserved for, and nobody's agent. */
  readonly reserved: boolean;
  /** Id of the person's row, once the issuer knows who signed in. */
  readonly person?: string;
  /** `prompt=login`: whoever is signed in proves it again. */
  readonly fresh: boolean;
  /** `max_age`: how long ago the sign-in may be. */
  readonly maxAgeMs?: number;
  /** `acr_values`, or what the `acr` claim must be. */
  readonly acrs: readonly string[];
  /** `login_hint`. */
  readonly hint?: string;
}

export interface InteractionClient {
  readonly id: string;
  /** What it calls itself: its own words. */
  readonly name: string;
  /** `declared`: an administrator entered it. `document`: its own metadata document at the URL that is its id. `dynamic`: it registered itself. */
  readonly origin: 'declared' | 'document' | 'dynamic';
  /** Id of the registered agent that it is; absent: unknown here. */
  readonly agent?: string;
}

/** `sub` of the tokens that follow is `person`. */
export type InteractionResult =
  | { readonly kind: 'signed-in'; readonly person: string; readonly signedInAt: number; readonly acr: string; readonly amr: readonly string[] }
  | { readonly kind: 'agreed'; readonly person: string; readonly scopes: readonly string[] }
  /** The client is told `access_denied`. */
  | { readonly kind: 'refused' };

export interface Finished {
  /** Where the browser goes on, at this door. */
  readonly url: string;
  /** Of a consent: what revoking it ends, as tokens name it. */
  readonly grant?: string;
}

/** The issuer's side of the sign-in pages. */
export interface Interactions {
  /**
   * The interaction of this browser (its own cookie says which) under this uid. Throws `ERR_SIGN_IN_EXPIRED` when there is
   * none, it is over, or it is another browser's.
   */
  details(request: Request, uid: string): Promise<Interaction>;
  /** Answers it, once. Throws as `details` does. */
  finish(request: Request, uid: string, result: InteractionResult): Promise<Finished>;
  /** The browser's sign-in at the issuer ends, with what hangs on it. Gives `Set-Cookie` headers. */
  signOut(request: Request): Promise<readonly string[]>;
}
