import type { WebRequest } from '../web.ts';

/**
 * A cookie's name as the browser is to know it. `__Host-` binds it to this very host and to TLS, so that no other host can
 * plant it; over plain loopback browsers refuse such names, and the explicit exception does without.
 */
function nameOf(web: WebRequest, name: string): string {
  return web.secure ? `__Host-sallyport-${name}` : `sallyport-${name}`;
}

/** The value of a cookie; nothing when it is sent twice, because then somebody else may have set one of them. */
export function readCookie(web: WebRequest, name: string): string | undefined {
  const wanted = nameOf(web, name);
  const given = (web.request.headers.get('cookie') ?? '').split(/[;,]\s*/).map((pair) => pair.trim());
  const values = given.filter((pair) => pair.startsWith(`${wanted}=`)).map((pair) => pair.slice(wanted.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** A `Set-Cookie` header for a session cookie, or with `maxAgeMs` for one that outlives the browser; an empty value ends it. */
export function writeCookie(web: WebRequest, name: string, value: string, maxAgeMs?: number): string {
  const age = value === '' ? '; Max-Age=0' : maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1000)}`;
  return `${nameOf(web, name)}=${value}; Path=/; HttpOnly; SameSite=Lax${web.secure ? '; Secure' : ''}${age}`;
}
