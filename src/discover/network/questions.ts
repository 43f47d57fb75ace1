import type { JsonObject } from '../../domain/json.ts';
import type { Question } from './ask.ts';

/** The revisions that are spoken: the newest of each era. */
export const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

const SELF = { name: 'sallyport-discovery', version: '1' };

/** What a web page that no server knows would say of itself: the name can't exist (RFC 2606). */
const FOREIGN = 'foreign-page.invalid';

/** In which ways a server is asked for the same thing: as we are, and as a page of somebody else's would. */
const GUISES = { own: {}, origin: { origin: `https://${FOREIGN}` }, host: { host: FOREIGN } } as const;
export type Guise = keyof typeof GUISES;

/** Everything that is ever said in MCP: whom it is, and what it lists. **No tool is ever called.** */
type Method = 'server/discover' | 'initialize' | 'notifications/initialized' | 'tools/list';

export interface Spoken {
  readonly id: string;
  readonly question: Question;
}

/** A question of revision 2026-07-28: stateless, everything about the client in `_meta`. */
export function modernQuestion(path: string, method: Extract<Method, 'server/discover' | 'tools/list'>, guise: Guise): Spoken {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientInfo': SELF, 'io.modelcontextprotocol/clientCapabilities': {},
  };
  return spoken(path, method, { _meta: meta }, { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...GUISES[guise] });
}

/** The handshake of the revisions before. */
export function legacyHello(path: string, guise: Guise): Spoken {
  return spoken(path, 'initialize', { protocolVersion: LEGACY, capabilities: {}, clientInfo: SELF }, GUISES[guise]);
}

/** A question within the session that a handshake made. */
export function legacyList(path: string, session: Readonly<Record<string, string>>): Spoken {
  return spoken(path, 'tools/list', {}, session);
}

export function legacyReady(path: string, session: Readonly<Record<string, string>>): Question {
  return { method: 'POST', path, headers: session, message: { jsonrpc: '2.0', method: 'notifications/initialized' satisfies Method } };
}

/** Opens the stream of HTTP+SSE (2024-11-05). */
export function openStream(path: string, guise: Guise): Question {
  return { method: 'GET', path, headers: { accept: 'text/event-stream', ...GUISES[guise] } };
}

function spoken(path: string, method: Method, params: JsonObject, headers: Readonly<Record<string, string>>): Spoken {
  const id = crypto.randomUUID();
  return { id, question: { method: 'POST', path, headers, message: { jsonrpc: '2.0', id, method, params } } };
}
