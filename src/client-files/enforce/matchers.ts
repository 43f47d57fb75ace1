import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { EnforcePlan, Offered, Sanctioned } from './plan.ts';

/** One entry of the lists that Claude Code and GitHub Copilot share; exactly one member is there. */
export type Matcher =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'url'; readonly pattern: string }
  | { readonly kind: 'command'; readonly command: readonly string[] };

/** Commands and addresses only: a name is whatever a person writes beside any command. */
export function matchersOf(servers: readonly Sanctioned[]): readonly JsonObject[] {
  return servers.flatMap(({ command, url }) => [
    ...(url === undefined ? [] : [{ serverUrl: url }]),
    ...(command === undefined ? [] : [{ serverCommand: [...command] }]),
  ]);
}

/** What an incident takes away; a name is enough to deny by, with where it leads beside it. */
export function deniedOf(denied: EnforcePlan['denied']): readonly JsonObject[] {
  return [...(denied?.names ?? []).map((serverName) => ({ serverName })), ...(denied?.urls ?? []).map((serverUrl) => ({ serverUrl }))];
}

/** Reads such a list; undefined where the key is absent, `malformed` where it is no such list. */
export function readMatchers(settings: Json | undefined, key: string): readonly Matcher[] | 'malformed' | undefined {
  if (!isObject(settings)) return settings === undefined ? undefined : 'malformed';
  const list = settings[key];
  if (list === undefined) return undefined;
  if (!isArray(list)) return 'malformed';
  const read = list.map(readMatcher);
  return read.every((one) => one !== undefined) ? read : 'malformed';
}

function readMatcher(entry: Json): Matcher | undefined {
  if (!isObject(entry) || Object.keys(entry).length !== 1) return undefined;
  const { serverName, serverUrl, serverCommand } = entry;
  if (typeof serverName === 'string') return { kind: 'name', name: serverName };
  if (typeof serverUrl === 'string') return { kind: 'url', pattern: serverUrl };
  if (!isArray(serverCommand)) return undefined;
  const words = serverCommand.filter((word) => typeof word === 'string');
  return words.length === serverCommand.length && words.length > 0 ? { kind: 'command', command: words } : undefined;
}

/** Whether a deny list names a server: any entry, of whichever kind. */
export function isNamed(server: Offered, matchers: readonly Matcher[]): boolean {
  return matchers.some((matcher) => matches(server, matcher));
}

/** Whether an allow list lets a server through: names count only where no entry of the server's own kind of transport stands. */
export function isAllowed(server: Offered, matchers: readonly Matcher[]): boolean {
  const kind = server.url === undefined ? 'command' : 'url';
  const strict = matchers.filter((matcher) => matcher.kind === kind);
  return (strict.length > 0 ? strict : matchers.filter((matcher) => matcher.kind === 'name')).some((matcher) => matches(server, matcher));
}

function matches({ name, command, url }: Offered, matcher: Matcher): boolean {
  if (matcher.kind === 'name') return matcher.name === name;
  if (matcher.kind === 'url') return url !== undefined && matchesUrl(url, matcher.pattern);
  return url === undefined && command?.length === matcher.command.length && matcher.command.every((word, index) => word === command[index]);
}

const PARTS = /^([^/?#]*:\/\/[^/?#]*)([^]*)$/;

/** `*` anywhere stands for anything; hosts without regard to case, paths with it; a pattern without a path is any path. */
function matchesUrl(url: string, pattern: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, pathname, search } = new URL(url);
  const [, origin = '', path = ''] = PARTS.exec(pattern) ?? [];
  if (origin === '') return false;
  const plainHost = host.replace(/\.(?=:|$)/, '');
  if (!isLike(`${protocol}//${plainHost}`.toLowerCase(), normal(origin))) return false;
  return path === '' || isLike(`${pathname}${search}`, path);
}

/** The default port of the scheme is left out, as it is in a read address. */
function normal(origin: string): string {
  return origin.toLowerCase().replace(/^(https:\/\/.*):443$/, '$1').replace(/^(http:\/\/.*):80$/, '$1').replace(/\.(?=:|$)/, '');
}

/** Linear in both texts: the parts between stars are looked for from left to right, the last at the end. */
function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
