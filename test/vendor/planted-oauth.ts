import type { CheckId } from '../../src/vendor/probe/checks.ts';

export type Faults = ReadonlySet<CheckId>;

/** The tokens of a planted vendor's test accounts. */
export const ACCOUNTS = { token: 'acct-one-7c1d9e55', other: 'acct-two-51b0aa27', foreign: 'acct-foreign-90d2e1bc', expired: 'acct-expired-3f6b7c0d' } as const;

/** The documents and endpoints of the vendor's authorization server and of its resource. Undefined: the path is none of them. */
export async function oauthAnswer(request: Request, origin: string, faults: Faults): Promise<Response | undefined> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/.well-known/oauth-protected-resource/mcp') {
    return faults.has('resource-metadata') ? missing() : Response.json(resourceMetadata(origin, faults));
  }
  if (pathname === '/.well-known/oauth-authorization-server') return faults.has('issuer-metadata') ? missing() : Response.json(issuerMetadata(origin, faults));
  if (pathname === '/token') return Response.json({ error: 'unsupported_grant_type' }, { status: 400 });
  if (pathname !== '/authorize') return undefined;
  const client = searchParams.get('client_id') ?? '';
  // A careful server looks where a client's identity lies before it goes there.
  const isPrivate = /^https:\/\/(?:127\.|10\.|localhost)/.test(client);
  if (!isPrivate || faults.has('private-fetch')) await fetch(client).catch(() => undefined);
  return Response.json({ error: 'invalid_client' }, { status: 400 });
}

function missing(): Response {
  return Response.json({ error: 'not_found' }, { status: 404 });
}

function resourceMetadata(origin: string, faults: Faults): object {
  return {
    resource: faults.has('resource-identity') ? 'https://other.test/mcp' : `${origin}/mcp`,
    authorization_servers: faults.has('authorization-servers') ? [] : [origin],
    ...(faults.has('scopes') ? {} : { scopes_supported: ['crm.read'] }),
  };
}

function issuerMetadata(origin: string, faults: Faults): object {
  const registration = { registration_endpoint: `${origin}/register` };
  return {
    issuer: faults.has('issuer-identity') ? 'https://somebody-else.test' : origin,
    authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token`,
    jwks_uri: faults.has('issuer-https') ? `${origin.replace('https:', 'http:')}/jwks` : `${origin}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: [...(faults.has('pkce-s256') ? [] : ['S256']), ...(faults.has('pkce-plain') ? ['plain'] : [])],
    ...(faults.has('client-metadata') ? {} : { client_id_metadata_document_supported: true }),
    ...(faults.has('open-registration') ? registration : {}),
    ...(faults.has('issuer-in-answer') ? {} : { authorization_response_iss_parameter_supported: true }),
    ...(faults.has('bound-tokens') ? {} : { dpop_signing_alg_values_supported: ['ES256'] }),
  };
}

/** Whom a request is let in as; undefined: as nobody. */
export function callerOf(request: Request, faults: Faults): string | undefined {
  const header = request.headers.get('authorization')?.replace(/^Bearer /, '');
  const token = header ?? (faults.has('token-query') ? new URL(request.url).searchParams.get('access_token') ?? undefined : undefined);
  if (token === undefined) return undefined;
  const good: readonly string[] = [
    ACCOUNTS.token, ACCOUNTS.other, ...(faults.has('token-audience') ? [ACCOUNTS.foreign] : []), ...(faults.has('token-expired') ? [ACCOUNTS.expired] : []),
  ];
  if (good.includes(token)) return token;
  const head = headOf(token);
  if (head === 'none' && faults.has('token-unsigned')) return 'unsigned';
  if (head === 'ES256' && faults.has('token-forged')) return 'forged';
  return token.startsWith('sallyport-probe-') && faults.has('token-nonsense') ? 'nonsense' : undefined;
}

function headOf(token: string): string | undefined {
  const [head = ''] = token.split('.');
  try {
    const { alg }: { readonly alg?: string } = JSON.parse(Buffer.from(head, 'base64url').toString());
    return alg;
  } catch {
    return undefined;
  }
}
