import { SallyportError } from '../domain/errors.ts';

/** The one route of a table for a method and path, with what stands at its `:names`. Throws `ERR_ROUTE_UNKNOWN` or `ERR_METHOD_NOT_ALLOWED`. */
export function findRoute<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[], method: string, path: string, remedy?: string,
): { readonly route: R; readonly params: Readonly<Record<string, string>> } {
  let known = false;
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    known = true;
    if (route.method === method) return { route, params };
  }
  const help = remedy === undefined ? {} : { remedy };
  if (known) throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'That is not possible here.', help);
  throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this address.', help);
}

/** The `:name` segments of a path, decoded; `undefined` when it is not that path. An empty segment never matches a name. */
function matchPath(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== value) return undefined;
      continue;
    }
    const text = decodeSegment(value);
    if (text === undefined || text === '') return undefined;
    params[part.slice(1)] = text;
  }
  return params;
}

function decodeSegment(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
