import { z } from 'zod';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isSilent, memberOf } from './wire.ts';
import type { Answer, Silence, Wire } from './wire.ts';

/** The revision that all revisions after it are spoken like. */
export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
const SELF = { name: 'sallyport-vendor-probe', version: '1' };

/** What is another than usual in one question. */
export interface Manner {
  readonly token?: string | undefined;
  /** Over the usual headers; an empty text leaves one out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A revision that is asked for. */
  readonly revision?: string;
  /** An address besides the endpoint's own: the same with a query. */
  readonly url?: string;
}

/** What came of one question in MCP. */
export interface Spoken {
  readonly answer: Answer | Silence;
  /** Present: it was answered. */
  readonly result?: JsonObject;
  readonly error?: { readonly code: number | undefined; readonly data: Json | undefined; readonly message: string };
  /** It wants a credential, or refuses this one. */
  readonly isRefused: boolean;
  readonly session?: string;
}

/** Asks one endpoint in both eras of the protocol. No tool that exists is ever called. */
export interface Speaker {
  readonly url: string;
  modern(method: string, params: JsonObject, manner?: Manner): Promise<Spoken>;
  hello(manner?: Manner): Promise<Spoken>;
  /** Within a session that a handshake made. */
  legacy(method: string, params: JsonObject, session: Session, manner?: Manner): Promise<Spoken>;
  /** Says that a session is begun, as a client does before it asks for anything in it. */
  ready(session: Session, token: string | undefined): Promise<void>;
  /** What was opened is closed. */
  end(session: Session, token: string | undefined): Promise<void>;
}

export interface Session {
  readonly revision: string;
  readonly id: string | undefined;
}

export function createSpeaker(wire: Wire, url: string): Speaker {
  const say = async (method: string, params: JsonObject, headers: Readonly<Record<string, string>>, manner: Manner): Promise<Spoken> => {
    const id = crypto.randomUUID();
    const all = Object.fromEntries(Object.entries({ ...headers, ...manner.headers }).filter(([, value]) => value !== ''));
    const answer = await wire.ask({
      method: 'POST', url: manner.url ?? url, headers: all, id, body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
      ...(manner.token === undefined ? {} : { token: manner.token }),
    });
    return heardAs(answer, id);
  };
  return {
    url,
    modern: (method, params, manner = {}) => {
      const { revision = MODERN } = manner;
      const meta = {
        'io.modelcontextprotocol/protocolVersion': revision, 'io.modelcontextprotocol/clientInfo': SELF, 'io.modelcontextprotocol/clientCapabilities': {},
      };
      const name = memberOf(params, 'name');
      const headers = { 'mcp-protocol-version': revision, 'mcp-method': method, ...(typeof name === 'string' ? { 'mcp-name': name } : {}) };
      return say(method, { ...params, _meta: meta }, headers, manner);
    },
    hello: (manner = {}) => say('initialize', { protocolVersion: manner.revision ?? LEGACY, capabilities: {}, clientInfo: SELF }, {}, manner),
    legacy: (method, params, session, manner = {}) => say(method, params, sessionHeaders(session), manner),
    ready: async (session, token) => {
      const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
      await wire.ask({ method: 'POST', url, headers: sessionHeaders(session), body, ...(token === undefined ? {} : { token }) });
    },
    end: async (session, token) => {
      if (session.id !== undefined) {
        await wire.ask({ method: 'DELETE', url, headers: sessionHeaders(session), ...(token === undefined ? {} : { token }) });
      }
    },
  };
}

function sessionHeaders({ revision, id }: Session): Readonly<Record<string, string>> {
  return { 'mcp-protocol-version': revision, ...(id === undefined ? {} : { 'mcp-session-id': id }) };
}

function heardAs(answer: Answer | Silence, id: string): Spoken {
  if (isSilent(answer)) return { answer, isRefused: false };
  const { json, status, headers } = answer;
  const session = headers.get('mcp-session-id');
  const base = { answer, isRefused: status === 401 || status === 403, ...(session === null ? {} : { session }) };
  if (json?.['jsonrpc'] !== '2.0') return base;
  const [result, error] = [json['result'], json['error']];
  if (isObject(result) && json['id'] === id && status < 400) return { ...base, result };
  if (!isObject(error)) return base;
  const { code, data, message } = error;
  return { ...base, error: { code: typeof code === 'number' ? code : undefined, data, message: typeof message === 'string' ? message : '' } };
}

const REVISION = z.iso.date();

/** The revisions that an answer to `server/discover`, or the error of an unsupported one, lists. */
export function revisionsIn({ result, error }: Spoken): readonly string[] {
  const list = result === undefined ? memberOf(error?.data, 'supported') : result['supportedVersions'];
  return isArray(list) ? list.filter((one) => typeof one === 'string').filter((one) => REVISION.safeParse(one).success).slice(0, 20) : [];
}

/** The session that a handshake made; undefined: it was none. A language server answers `initialize`, too, without a revision. */
export function sessionIn({ result, session }: Spoken): Session | undefined {
  const revision = result?.['protocolVersion'];
  return typeof revision === 'string' && REVISION.safeParse(revision).success ? { revision, id: session } : undefined;
}

export function isModern(spoken: Spoken): boolean {
  return revisionsIn(spoken).length > 0;
}
