const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Whether a client may have its answers sent there: HTTPS, plain HTTP on loopback only, or a scheme of its own in reverse
 * domain form (RFC 8252 section 7.1); never one that runs or reads something, and nothing that a reader could take for another place.
 */
export function isSafeRedirect(uri: string): boolean {
  if (!URL.canParse(uri) || uri.includes('*') || /[\s\\]/.test(uri)) return false;
  const { protocol, hostname, hash, username, password } = new URL(uri);
  if (hash !== '' || uri.endsWith('#') || username !== '' || password !== '') return false;
  if (protocol === 'http:') return LOOPBACK.has(hostname);
  return protocol === 'https:' || /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(protocol);
}
