import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { hasHidden, showHidden } from '../domain/hidden.ts';

/** Ids of servers, toolsets and roles: lower case, digits, hyphens. No underscore, so `<server>__<tool>` splits one way only. */
export const ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const TOOL_NAME = /^[A-Za-z0-9_./:-]{1,128}$/;
const SEPARATOR = '__';

/**
 * MCP recommends `[A-Za-z0-9_.-]`, 1 to 128 (2026-07-28, server/tools); `/` and `:` are in use too. Wider sets hold
 * characters that the eye cannot tell apart.
 */
export function checkToolName(name: string): void {
  if (!TOOL_NAME.test(name)) throw invalidName('tool', name, '1 to 128 of letters, digits, "_", ".", "-", "/" and ":"');
}

/** Prompt names and URI templates may be any visible text. */
export function checkVisibleName(kind: string, name: string): void {
  if (name === '' || name.length > LIMITS.nameLengthMax || hasHidden(name) || name.includes('\n')) {
    throw invalidName(kind, name, `1 to ${LIMITS.nameLengthMax} visible characters`);
  }
}

function invalidName(kind: string, name: string, allowed: string): SallyportError {
  const shown = JSON.stringify(showHidden(name.slice(0, 80)).replaceAll('\n', '<U+000A>'));
  return new SallyportError('ERR_SURFACE_INVALID', `the ${kind} name ${shown} is not allowed: a name is ${allowed}`, {
    remedy: `have the server rename the ${kind}; its surface is refused as a whole until then`,
  });
}

/** The name of a server's tool or prompt on a toolset route. */
export function aggregateName(server: string, name: string): string {
  return `${server}${SEPARATOR}${name}`;
}

/** Undoes `aggregateName`; `undefined` when there is no server in front. */
export function splitName(aggregated: string): { readonly server: string; readonly name: string } | undefined {
  const at = aggregated.indexOf(SEPARATOR);
  if (at <= 0 || at + SEPARATOR.length >= aggregated.length) return undefined;
  return { server: aggregated.slice(0, at), name: aggregated.slice(at + SEPARATOR.length) };
}

const URI_HEAD = /^([a-z][a-z0-9+.-]*:(?:\/\/)?)(.*)$/s;

/**
 * A URI or URI template of a server on a toolset route: the server's id and `__` come right after the scheme, so that
 * clients which choose by scheme (`ui://`, `skill://`) still can: `ui://form` → `ui://crm__form`, `urn:a` → `urn:crm__a`.
 * `undefined` for what has no literal lower-case scheme (`{+uri}`): it has no place in a toolset.
 */
export function aggregateUri(server: string, uri: string): string | undefined {
  const match = URI_HEAD.exec(uri);
  return match ? `${match[1]}${aggregateName(server, match[2] ?? '')}` : undefined;
}

/** Undoes `aggregateUri`; `undefined` for every spelling that `aggregateUri` would not have made. */
export function splitUri(aggregated: string): { readonly server: string; readonly uri: string } | undefined {
  const match = URI_HEAD.exec(aggregated);
  const rest = match?.[2] ?? '';
  const at = rest.indexOf(SEPARATOR);
  if (!match || at <= 0) return undefined;
  const server = rest.slice(0, at);
  const uri = `${match[1]}${rest.slice(at + SEPARATOR.length)}`;
  return ID_PATTERN.test(server) && aggregateUri(server, uri) === aggregated ? { server, uri } : undefined;
}

const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\?#]|%2f|%5c|$)/i;

/**
 * Whether a resource URI has one reading only: a lower-case scheme, no space, control or hidden character, no backslash
 * and no dot segment (also not a percent-encoded one). Policy compares URIs as text; the server behind resolves them.
 */
export function isPlainUri(uri: string): boolean {
  return (
    uri.length <= LIMITS.uriLengthMax &&
    URI_HEAD.test(uri) &&
    !/[\s\\]|%5c/iu.test(uri) &&
    !hasHidden(uri) &&
    !DOT_SEGMENT.test(uri.replace(/^[^:]*:/, ''))
  );
}
