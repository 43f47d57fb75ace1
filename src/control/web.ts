import type { Control } from './control.ts';

/** One request to control's own door that is neither the API's nor OAuth's: pages, SCIM, what comes back from other sites. */
export interface WebRequest {
  /** Its body is limited and comes only when it is read: authenticate first. */
  readonly request: Request;
  readonly url: URL;
  /** What stands at the `:name` segments of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The peer's address: the socket's, or a trusted front proxy's word for it. */
  readonly address: string;
  /** Whether it came over TLS; false on the explicit loopback exception only, where `__Host-` cookies can't be set. */
  readonly secure: boolean;
}

/** What is not in the table of `web-routes.ts` does not exist. Throw `SallyportError`s: the door shows them plainly. */
export interface WebRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root; `:name` is one path segment. */
  readonly path: string;
  /** Default: `LIMITS.strangerBodyBytesMax`. */
  readonly bodyBytesMax?: number;
  run(web: WebRequest, control: Control): Promise<Response>;
}
