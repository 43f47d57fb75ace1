import { isArray, isObject } from '../../domain/json.ts';
import { ask } from './ask.ts';
import type { Answer, Asking, Origin, Silence } from './ask.ts';
import { legacyHello, modernQuestion, openStream } from './questions.ts';
import { recogniseLegacy, recogniseModern, recogniseStream } from './recognise.ts';
import type { Recognised } from './recognise.ts';

/** What was found at one port. */
export interface Found {
  readonly path: string;
  /** Absent: it speaks MCP to nobody who shows no credential, or only hints say that it does. */
  readonly recognised?: Recognised;
  readonly by: 'answer' | 'protected-resource' | 'challenge' | 'catalog' | 'marker';
  /** 1..100. */
  readonly confidence: number;
  /** Hosts of the authorization servers that its metadata names. */
  readonly issuers: readonly string[];
}

export interface Fingerprinting extends Asking {
  readonly paths: readonly string[];
  readonly markers: readonly string[];
}

/** `silent`: it answers nothing in time. `closed`: it doesn't speak HTTP by this scheme. */
export type Fingerprint = Found | 'nothing' | 'silent' | 'closed';

const CONFIDENCE = { answer: 98, stream: 95, error: 75, protected: 85, protectedElsewhere: 50, challenge: 60, marker: 60, catalog: 40 } as const;

/**
 * Finds out whether an origin serves MCP, path by path, and stops at the first that proves it: revision 2026-07-28 first, then the handshake of
 * earlier ones, then the stream of HTTP+SSE; what asks for a credential is recognised by its metadata (RFC 9728), and the rest by hints.
 */
export async function fingerprint(origin: Origin, with_: Fingerprinting): Promise<Fingerprint> {
  let hint: Found | undefined;
  for (const path of with_.paths) {
    const found = await tryPath(origin, path, with_);
    if (typeof found === 'string') return hint ?? found;
    if (found !== undefined && found.confidence > CONFIDENCE.challenge) return found;
    hint ??= found;
  }
  return hint ?? (await tryCatalog(origin, with_)) ?? 'nothing';
}

async function tryPath(origin: Origin, path: string, with_: Fingerprinting): Promise<Found | 'silent' | 'closed' | undefined> {
  const discover = modernQuestion(path, 'server/discover', 'own');
  const first = await ask(origin, discover.question, with_);
  if (typeof first === 'string') return first === 'late' ? 'silent' : 'closed';
  if (isMeantForTls(origin, first)) return 'closed';
  const modern = recogniseModern(first, discover.id);
  // Codes of errors are anybody's: without a list of revisions they make it likely, no more.
  if (modern !== undefined) return answered(path, modern, isNamed(modern) ? CONFIDENCE.answer : CONFIDENCE.error);
  if (first.status === 401) return tryProtected(origin, path, first, with_);
  const hello = legacyHello(path, 'own');
  const second = await ask(origin, hello.question, with_);
  const legacy = recogniseLegacy(second, hello.id);
  if (legacy !== undefined) return answered(path, legacy, CONFIDENCE.answer);
  if (typeof second !== 'string' && second.status === 401) return tryProtected(origin, path, second, with_);
  if (/sse|message/.test(path)) {
    const stream = recogniseStream(await ask(origin, openStream(path, 'own'), with_));
    if (stream !== undefined) return answered(path, stream, CONFIDENCE.stream);
  }
  const isMarked = [first, second].some((answer) => hasMarker(answer, with_.markers));
  return isMarked ? { path, by: 'marker', confidence: CONFIDENCE.marker, issuers: [] } : undefined;
}

/** What common servers answer in the clear where they expect TLS. */
function isMeantForTls({ scheme }: Origin, { status, text }: Answer): boolean {
  return scheme === 'http' && status === 400 && /plain HTTP request|HTTP request to an HTTPS server/i.test(text);
}

function isNamed(recognised: Recognised): boolean {
  return recognised.era !== 'http+sse' && recognised.revisions.length > 0;
}

function answered(path: string, recognised: Recognised, confidence: number): Found {
  return { path, recognised, by: 'answer', confidence, issuers: [] };
}

function hasMarker(answer: Answer | Silence, markers: readonly string[]): boolean {
  return typeof answer !== 'string' && answer.status >= 400 && markers.some((marker) => answer.text.includes(marker));
}

/**
 * Asks for the metadata of a protected resource, of the path and of the whole origin. Any API may have it: only metadata whose resource is
 * this very path makes it likely. What it points to elsewhere is nobody's target, and never asked.
 */
async function tryProtected(origin: Origin, path: string, refusal: Answer, with_: Fingerprinting): Promise<Found | undefined> {
  const places = ['/.well-known/oauth-protected-resource'].flatMap((base) => (path === '/' ? [base] : [`${base}${path}`, base]));
  for (const place of places) {
    const answer = await ask(origin, { method: 'GET', path: place }, with_);
    const metadata = typeof answer === 'string' || answer.status !== 200 ? undefined : answer.json;
    const [resource, servers] = [metadata?.['resource'], metadata?.['authorization_servers']];
    if (typeof resource !== 'string' || !isArray(servers)) continue;
    const isThis = path !== '/' && URL.canParse(resource) && new URL(resource).pathname.replace(/\/$/, '') === path.replace(/\/$/, '');
    return {
      path, by: 'protected-resource', confidence: isThis ? CONFIDENCE.protected : CONFIDENCE.protectedElsewhere,
      issuers: servers.filter((one) => typeof one === 'string').filter((one) => URL.canParse(one)).slice(0, 5).map((one) => new URL(one).host),
    };
  }
  const isChallenge = /^bearer\b.*\bresource_metadata=/i.test(refusal.headers.get('www-authenticate') ?? '');
  return isChallenge ? { path, by: 'challenge', confidence: CONFIDENCE.challenge, issuers: [] } : undefined;
}

/** Published lists of what a host serves: they name it, and prove nothing. */
async function tryCatalog(origin: Origin, with_: Fingerprinting): Promise<Found | undefined> {
  for (const path of ['/.well-known/ai-catalog.json', '/.well-known/mcp.json']) {
    const answer = await ask(origin, { method: 'GET', path }, with_);
    if (typeof answer === 'string' || answer.status !== 200 || answer.json === undefined) continue;
    const entries = answer.json['entries'];
    const isCard = isArray(entries) && entries.some((entry) => isObject(entry) && entry['type'] === 'application/mcp-server-card+json');
    const isOlder = path.endsWith('mcp.json') && (isArray(answer.json['servers']) || isObject(answer.json['mcpServers']));
    if (isCard || isOlder) return { path, by: 'catalog', confidence: CONFIDENCE.catalog, issuers: [] };
  }
  return undefined;
}
