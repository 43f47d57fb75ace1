import { withoutSecrets } from '../keys.ts';
import type { Era, Traffic } from './traffic.ts';

/**
 * Whose server a host is, by the table of vendors: with a path what is served there, without one only hosts that serve nothing
 * else. `url`: of the endpoint; its path may be another than the one that was asked.
 */
export type VendorOf = (host: string, path?: string) => { readonly url: string; readonly vendor: string } | undefined;

/** By what a line is taken for MCP. */
export type Sign =
  /** A header that only this protocol has. */
  | 'header'
  /** A method of this protocol in a body. */
  | 'body'
  /** A rule of deploy/ids in the sensor that wrote the log. */
  | 'rule'
  /** An address of the table of vendors, path and all. */
  | 'vendor'
  /** A host of that table that serves nothing else, by its name. */
  | 'vendor-name'
  /** A message was sent to a path named for it, and answered. */
  | 'posted'
  /** The same, and nothing tells how it was answered. */
  | 'unanswered'
  /** The same, and it was refused as a plain web server refuses. */
  | 'refused'
  /** A path named for it answered with events. */
  | 'events'
  /** The two paths of HTTP+SSE. */
  | 'sse-stream' | 'sse-message'
  /** A program that speaks it, by what it calls itself. */
  | 'agent'
  /** A host named for it. */
  | 'name';

/** What one line says about one server. */
export interface Marked {
  /** The server's address as far as the line tells it, without query; absent where only a host is known. */
  readonly url?: string;
  readonly host: string;
  readonly vendor?: string;
  readonly signs: readonly Sign[];
  readonly era?: Era;
}

/**
 * Whether a line can say anything at all: most lines can't, and are not looked at further. Letters may be escaped, in JSON or in
 * addresses. Case-insensitive.
 */
const MAY_SAY = /mcp|jsonrpc|\/sse|\/messages?\b|\\u00|%(?:[46]d|[46]3|[57]0)/i;

/** The same, and the hosts of vendors whose addresses have nothing of it in them. */
export function maySay(vendors: readonly string[]): RegExp {
  const hosts = vendors.filter((url) => !MAY_SAY.test(url)).map((url) => url.replace(/^[a-z]+:\/\/(?:\*\.)?/i, '').replace(/[/:].*$/s, ''));
  const named = [...new Set(hosts)].filter((host) => host !== '').map((host) => host.replaceAll(/[^a-z0-9]/gi, String.raw`\$&`));
  return named.length === 0 ? MAY_SAY : new RegExp([MAY_SAY.source, ...named].join('|'), 'i');
}

/** The first revision without sessions. */
const MODERN = '2026-07-28';
const MODERN_METHOD = /"(?:server\/discover|subscriptions\/listen)"|io\.modelcontextprotocol\/protocolVersion/;
const METHOD = new RegExp(String.raw`"method"\s{0,5}:\s{0,5}"(?:initialize|notifications/(?:initialized|cancelled|progress)|tools/(?:call|list)`
  + String.raw`|resources/(?:read|list|subscribe|templates/list)|prompts/(?:list|get)|sampling/createMessage`
  + String.raw`|elicitation/create|roots/list|completion/complete|server/discover|subscriptions/listen)"`);
const RPC = /"jsonrpc"\s{0,5}:\s{0,5}"2\.0"/;
/** Programs that speak MCP over HTTP and say so. */
const AGENT = /^(?:claude-code|claude-user|cursor|codex|gemini-cli|goose|opencode|vscode|zed)\/|\bmcp\b|\bmodelcontextprotocol\b/i;
/** Pages, pictures and packages about it, or about something else of that name. */
const FILE = /\.(?:html?|php|aspx?|js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|pdf|zip|gz|tgz|jar|exe|txt|md|xml|mp4)$/i;
const SEGMENT = /^(?:[\w-]+-)?mcp(?:-[\w-]+)?$/i;

/** A name or an address; nothing else is a host, whatever a line says. */
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])$/;

/** What a line says; undefined for traffic that says nothing of MCP. */
export function signsOf(traffic: Traffic, vendorOf: VendorOf): Marked | undefined {
  const host = traffic.host?.toLowerCase().replace(/\.$/, '');
  if (host === undefined || !HOST.test(host)) return undefined;
  return traffic.by === 'http' ? ofRequest(traffic, host, vendorOf) : ofName(traffic, host, vendorOf);
}

function ofName({ by }: Traffic, host: string, vendorOf: VendorOf): Marked | undefined {
  if (by === 'connection') return undefined;
  const vendor = vendorOf(host);
  if (vendor !== undefined) return { host, vendor: vendor.vendor, signs: ['vendor-name'] };
  return isNamedForIt(host) ? { host, signs: ['name'] } : undefined;
}

function ofRequest(traffic: Traffic, host: string, vendorOf: VendorOf): Marked | undefined {
  const path = pathOf(traffic.path ?? '/');
  const vendor = vendorOf(host, path);
  const era = traffic.era ?? eraOf(traffic);
  const said: readonly Sign[] = [
    ...(traffic.era === undefined ? [] : ['rule'] as const),
    ...(hasHeaders(traffic) ? ['header'] as const : []),
    ...(traffic.body !== undefined && RPC.test(traffic.body) && METHOD.test(traffic.body) ? ['body'] as const : []),
  ];
  const byPath = [...signsOfPath(traffic, path), ...signsOfHost(traffic, host)];
  // A page on a vendor's host is no use of its server.
  const ofVendor: readonly Sign[] = vendor !== undefined && (said.length > 0 || byPath.length > 0 || !isPage(traffic)) ? ['vendor'] : [];
  const strong = [...said, ...ofVendor, ...byPath];
  if (strong.length === 0) return undefined;
  const signs: readonly Sign[] = traffic.agent !== undefined && AGENT.test(traffic.agent) ? [...strong, 'agent'] : strong;
  const url = vendor !== undefined && isBelow(path, vendor.url) ? vendor.url : urlOf(traffic, host, path);
  return { url, host, signs, ...(ofVendor.length === 0 || vendor === undefined ? {} : { vendor: vendor.vendor }), ...(era === undefined ? {} : { era }) };
}

const HEADERS: ReadonlySet<string> = new Set(['mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id']);

/** Whether a path is that of an endpoint or lies below it. */
function isBelow(path: string, url: string): boolean {
  const own = /^[a-z]+:\/\/[^/*]+(\/.+?)\/?$/i.exec(url)?.[1];
  return own !== undefined && (path === own || path.startsWith(`${own}/`));
}

/** Part of a host's name, between dots and hyphens: a hint, never more. `mcpherson.example` and `dmcp.example` say nothing. */
export function isNamedForIt(host: string): boolean {
  return /(?:^|[.-])mcps?(?=$|[.-])/i.test(host);
}

function hasHeaders({ headers }: Traffic): boolean {
  return headers !== undefined && Object.keys(headers).some((name) => HEADERS.has(name));
}

function eraOf({ headers, body }: Traffic): Era | undefined {
  const version = headers?.['mcp-protocol-version'];
  if (headers?.['mcp-method'] !== undefined || (version !== undefined && version >= MODERN)) return 'modern';
  if (headers?.['mcp-session-id'] !== undefined || version !== undefined) return 'legacy';
  if (body === undefined || !RPC.test(body) || !METHOD.test(body)) return undefined;
  return MODERN_METHOD.test(body) ? 'modern' : 'legacy';
}

function signsOfPath({ method, status, answered }: Traffic, path: string): readonly Sign[] {
  if (FILE.test(path)) return [];
  const segments = path.split('/');
  const last = segments.at(-1) ?? '';
  const isEvents = answered?.startsWith('text/event-stream') === true;
  if (segments.some((segment) => SEGMENT.test(segment))) {
    if (method === 'GET' && isEvents) return ['events'];
    if (method === 'POST' || method === 'DELETE') {
      if (status === undefined || status === 0) return ['unanswered'];
      if (status === 404 || status === 410 || status >= 500 || (status >= 300 && status < 400)) return [];
      return status < 300 || status === 401 || status === 406 ? ['posted'] : ['refused'];
    }
  }
  if (last === 'sse' && method === 'GET' && (status === undefined || status < 300)) return ['sse-stream'];
  return /^messages?$/.test(last) && method === 'POST' && (status === undefined || status < 300) ? ['sse-message'] : [];
}

/** A host that is named for it may serve it at its root. */
function signsOfHost({ method, status, answered }: Traffic, host: string): readonly Sign[] {
  if (method !== 'POST' || status === undefined || status >= 300 || !isNamedForIt(host)) return [];
  return /^(?:application|text)\/(?:json|event-stream)/.test(answered ?? '') ? ['posted'] : ['name'];
}

function isPage({ method, answered }: Traffic): boolean {
  return (method === undefined || method === 'GET' || method === 'HEAD') && answered?.startsWith('text/event-stream') !== true;
}

/** Letters decoded as a server would, without query and without the slash at the end. */
function pathOf(target: string): string {
  const path = target.split(/[?#;]/, 1)[0] ?? '';
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // What can't be decoded is compared as it was sent.
  }
  return decoded.length > 1 ? decoded.replace(/\/+$/, '') || '/' : decoded;
}

/** The stream and the messages of one HTTP+SSE server are one server. */
function urlOf({ secure, port }: Traffic, host: string, path: string): string {
  const isSecure = secure ?? (port === undefined || port === 443 || port === 8443);
  const scheme = isSecure ? 'https' : 'http';
  const own = withoutSecrets(path.replace(/\/messages?$/, '/sse').split('/').map(encoded).join('/'));
  return `${scheme}://${host}${port === undefined || port === (isSecure ? 443 : 80) ? '' : `:${port}`}${own}`;
}

/** As addresses in files of clients are written. */
function encoded(segment: string): string {
  return encodeURIComponent(segment.toWellFormed()).replaceAll('%40', '@').replaceAll('%3A', ':').replaceAll('%2B', '+');
}
