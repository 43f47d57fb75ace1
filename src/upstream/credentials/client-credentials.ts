import type { CredentialSpec } from '../../domain/server.ts';
import { requestGrant, type Grant, type GrantRequest } from './token-endpoint.ts';

/** What every way to a token is given: how to ask, for which server and resource (RFC 8707), with which scopes. */
export interface TokenAsk extends Pick<GrantRequest, 'fetch' | 'server' | 'now'> {
  readonly resource: string;
  readonly scopes: readonly string[];
  /** The client's secret or private key. */
  readonly secret: string;
}

export type SpecOf<T extends CredentialSpec['type']> = Extract<CredentialSpec, { readonly type: T }>;

/** The gate as itself (RFC 6749, section 4.4): the server can't tell callers apart, so policy and the record must. */
export async function obtainAsClient(spec: SpecOf<'client-credentials'>, { fetch, server, now, resource, scopes, secret }: TokenAsk): Promise<Grant> {
  return requestGrant({
    client: { ...spec, secret }, grantType: 'client_credentials', parameters: { scope: scopes.join(' '), resource }, fetch, server, now,
  });
}
