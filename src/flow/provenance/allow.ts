import { createHash } from 'node:crypto';
import { cleanPath, isIban, isMail, type Destination } from './strict.ts';

/** What is trusted as a destination without having been seen: written down by an administrator, or known to the company. */
export interface Allowed {
  /** Domains of the company: addresses there are the directory's. */
  readonly domains: readonly string[];
  /** Addresses of the company's people (`addressDigest`). */
  readonly people: ReadonlySet<string>;
  /** `*@partner.example`, `ann@partner.example`, `https://api.example/hooks/*`, `*.example`, `/srv/data`, `#team`. */
  readonly patterns: readonly string[];
  /** Folders of a local server that its administrator gave it. */
  readonly roots: readonly string[];
}

export function covers({ domains, people, patterns, roots }: Allowed, destination: Destination): boolean {
  const { kind, form, host } = destination;
  if (kind === 'mail' && (domains.includes(host ?? '') || people.has(addressDigest(form)))) return true;
  if (kind === 'path' && roots.some((root) => isBelow(form, root))) return true;
  return patterns.some((pattern) => matches(pattern, destination));
}

/** The company's people are in snapshots by these: SHA-256, 96 bits, of the address in lower case. */
export function addressDigest(address: string): string {
  return createHash('sha256').update(address.toLowerCase()).digest('base64url').slice(0, 16);
}

function matches(pattern: string, { kind, form, host }: Destination): boolean {
  if (pattern === form) return true;
  switch (kind) {
    case 'mail':
      return pattern.startsWith('*@') && pattern.slice(2).toLowerCase() === host;
    case 'url':
      return matchesUrl(pattern, form, host ?? '');
    case 'path':
      return pattern.startsWith('/') && isBelow(form, pattern.replace(/\/\*{1,2}$/, ''));
    case 'account':
      return isIban(pattern) && pattern.replaceAll(' ', '') === form;
    case 'other':
      return pattern.endsWith('*') && !isMail(form) && form.startsWith(pattern.slice(0, -1)) && pattern.length > 1;
    default:
      return false;
  }
}

/** A host alone allows it by https; an URL with `*` at its end all that begins with it, from the first slash on. */
function matchesUrl(pattern: string, form: string, host: string): boolean {
  if (!pattern.includes('://')) {
    const named = pattern.startsWith('*.') ? host.endsWith(pattern.slice(1).toLowerCase()) : pattern.toLowerCase() === host;
    return named && form.startsWith('https://');
  }
  if (!pattern.endsWith('*')) return URL.canParse(pattern) && new URL(pattern).href === form;
  const start = pattern.slice(0, -1);
  // Servers differ in whether such a path climbs.
  if (new URL(start).pathname !== '/' && /%(?:2e|2f|5c|25)/i.test(new URL(form).pathname)) return false;
  return URL.canParse(start) && new URL(start).pathname.length >= 1 && form.startsWith(new URL(start).href) && /:\/\/[^/]+\//.test(start);
}

/** Relative paths are below no root but the empty one, and what climbs is below none. */
function isBelow(path: string, root: string): boolean {
  if (path.startsWith('..') || path.startsWith('~')) return false;
  if (root === '') return !path.startsWith('/') && !/^[a-z]:/i.test(path);
  const clean = cleanPath(root);
  return path === clean || path.startsWith(clean === '/' ? '/' : `${clean}/`);
}
