import type { AllowedHost } from '../domain/allowed-host.ts';
import { readHost } from '../domain/allowed-host.ts';
import { LIMITS } from '../domain/limits.ts';
import { readClientHello } from './client-hello.ts';

/** What the first bytes of a connection say. */
export type Opening =
  | { readonly state: 'more' }
  | { readonly state: 'sound'; readonly noted: { readonly serverName?: string; readonly ech?: true } }
  | { readonly state: 'refused'; readonly why: string };

const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]{1,24}) ([^\s]{1,8192}) HTTP\/1\.[01]\r?\n/;
/** What any server might take for a request, however oddly it is written. */
const REQUEST_LIKE = /[ \t]HTTP\/\d/i;
/** How a line of text begins: until it has ended, it may become a request, whatever bytes come after a word and a blank. */
const TEXT = /^(?:[\t\x20-\x7e]*\r?$|[!-~]+[ \t])/;
const HEAD_END = /\r?\n\r?\n/;
const BARE = /\r(?!\n)|\0/;
/** Whatever stands before the colon: what one reader takes for a Host, another may. */
const HOST_HEADER = /\n[ \t]*host[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n)/gi;

/**
 * Judges how a connection to `host` opens: by the name in its TLS ClientHello; on an entry without TLS also by the Host of a first
 * HTTP request, where it is one. What is not decided within `LIMITS.egressOpeningBytesMax` is refused.
 */
export function judgeOpening(bytes: Uint8Array, host: string, { tls, port }: Pick<AllowedHost, 'tls' | 'port'>): Opening {
  const found = judge(bytes, host, tls, port);
  return found.state === 'more' && bytes.length >= LIMITS.egressOpeningBytesMax ? refused('it does not say within bounds whom it is for') : found;
}

function judge(bytes: Uint8Array, host: string, tls: boolean, port: number): Opening {
  if (bytes.length === 0) return { state: 'more' };
  const hello = readClientHello(bytes);
  if (hello.state === 'partial') return { state: 'more' };
  if (hello.state === 'malformed') return refused('its TLS hello is malformed');
  if (hello.state === 'other') return tls ? refused('it is not TLS') : judgeText(Buffer.from(bytes).toString('latin1'), host, port);
  const { serverName, ech } = hello;
  if (serverName === undefined) return tls ? refused('its TLS hello names no server') : { state: 'sound', noted: {} };
  if (serverName !== host) return refused(`its TLS hello names ${serverName}`);
  return { state: 'sound', noted: { serverName, ...(ech ? { ech: true as const } : {}) } };
}

/** A host of many customers answers for whom the request names: that must be the one that was allowed. */
function judgeText(bytes: string, host: string, port: number): Opening {
  // Servers skip empty lines before a request.
  const text = bytes.replace(/^[\r\n]+/, '');
  const end = text.indexOf('\n');
  if (end < 0) return TEXT.test(text) ? { state: 'more' } : { state: 'sound', noted: {} };
  if (!REQUEST_LIKE.test(text.slice(0, end))) return { state: 'sound', noted: {} };
  const [, method, target = ''] = REQUEST_LINE.exec(text) ?? [];
  if (method === undefined) return refused('its request is not one of HTTP/1');
  if (method.toUpperCase() === 'CONNECT') return refused('it asks for a tunnel');
  const headEnd = text.search(HEAD_END);
  if (headEnd < 0) return { state: 'more' };
  const head = text.slice(0, headEnd + 2);
  if (BARE.test(head.slice(0, headEnd))) return refused('its request can be read in two ways');
  return judgeHosts(head, target, host, port);
}

function judgeHosts(head: string, target: string, host: string, port: number): Opening {
  const hosts = [...`${head}\n`.matchAll(HOST_HEADER)].map(([, value = '']) => value);
  const absolute = target.startsWith('/') || target === '*' ? [] : [URL.canParse(target) ? new URL(target).host : target];
  const named = [...hosts, ...absolute].find((value) => !isHost(value, host, port));
  if (named !== undefined) return refused(`its request is for ${named}`);
  return hosts.length > 1 ? refused('its request names two hosts') : { state: 'sound', noted: {} };
}

function isHost(value: string, host: string, port: number): boolean {
  const [, name = '', digits] = /^([^:]*)(?::(\d{1,5}))?$/.exec(value) ?? [];
  return readHost(name) === host && (digits === undefined || Number(digits) === port);
}

function refused(why: string): Opening {
  return { state: 'refused', why };
}
