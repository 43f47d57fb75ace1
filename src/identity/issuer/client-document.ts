import { GRANT_EXCHANGE } from './grant-types.ts';
import { isSafeRedirect } from './redirect.ts';

/** For these an administrator enters the client: who wrote the document could add them at any time, and act as nobody's agent. */
const ENTERED_ONLY: readonly unknown[] = ['client_credentials', GRANT_EXCHANGE];

/**
 * A client's metadata document as it is read here. One that names a loopback redirect and no `application_type` is a native
 * application (RFC 8252), whose port is free; as a web application it could never come back. One that names a place where no
 * answer may go is no document: what the provider itself takes as a redirect is wider. It gets tokens that people agree to, or
 * their provider vouches for, whatever else it lists.
 */
export async function readClientDocument(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const text = await response.text();
  const document = parse(text);
  if (document === undefined) return answer(text, response.headers);
  const { redirect_uris: uris = [], grant_types: grants } = document;
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string' && isSafeRedirect(uri))) return new Response(null, { status: 422 });
  const isNative = document['application_type'] === undefined && uris.some((uri) => String(uri).startsWith('http:'));
  const read = {
    ...document,
    ...(isNative ? { application_type: 'native' } : {}),
    ...(Array.isArray(grants) ? { grant_types: grants.filter((grant) => !ENTERED_ONLY.includes(grant)) } : {}),
  };
  return answer(JSON.stringify(read), response.headers);
}

/** Of the headers only those that say how long it may be kept; its length may have changed. */
function answer(text: string, headers: Headers): Response {
  const kept = new Headers();
  for (const name of ['cache-control', 'expires']) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return new Response(text, { headers: kept });
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? Object.fromEntries(Object.entries(read)) : undefined;
  } catch {
    return undefined;
  }
}
