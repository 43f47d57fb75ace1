/** An address by which a server may be named: without user information, query and fragment, where secrets stand. */
export function publicAddress(address: string): string {
  const bare = address.trim().replace(/[?#].*$/s, '');
  if (!URL.canParse(bare)) return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
  const url = new URL(bare);
  url.username = '';
  url.password = '';
  return url.href;
}
