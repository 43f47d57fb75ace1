/**
 * A client's metadata document as it is read here: one that names a loopback redirect and no `application_type` is a native
 * application (RFC 8252), whose port is free; as a web application it could never come back.
 */
export async function readClientDocument(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const text = await response.text();
  const { status, headers } = response;
  return new Response(withType(text), { status, headers: kept(headers) });
}

/** What of the answer decides how long it is kept; its length is no longer right. */
function kept(headers: Headers): Headers {
  const some = new Headers();
  for (const name of ['cache-control', 'expires']) {
    const value = headers.get(name);
    if (value !== null) some.set(name, value);
  }
  return some;
}

function withType(text: string): string {
  try {
    const read = JSON.parse(text) as unknown;
    if (typeof read !== 'object' || read === null || !('redirect_uris' in read) || 'application_type' in read) return text;
    const { redirect_uris: uris } = read;
    const isNative = Array.isArray(uris) && uris.some((uri) => /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/.test(String(uri)));
    return isNative ? JSON.stringify({ ...read, application_type: 'native' }) : text;
  } catch {
    return text;
  }
}
