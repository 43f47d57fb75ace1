import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { SERVER_JSON } from './shape.ts';
import type { ServerJson } from './shape.ts';

/** Forms before 2025-09-16 wrote words with `_`; the meaning is the same. */
const RENAMED: Readonly<Record<string, string>> = {
  website_url: 'websiteUrl', registry_type: 'registryType', registry_base_url: 'registryBaseUrl', file_sha256: 'fileSha256', runtime_hint: 'runtimeHint',
  runtime_arguments: 'runtimeArguments', package_arguments: 'packageArguments', environment_variables: 'environmentVariables', is_required: 'isRequired',
  is_secret: 'isSecret', is_repeated: 'isRepeated', value_hint: 'valueHint',
};
const DEPTH_MAX = 12;

/**
 * A `server.json` of any dated form since 2025-07-09, in the words of 2025-12-11. Throws `ERR_SERVER_JSON` with each place that is
 * wrong; values are not repeated.
 */
export function readServerJson(value: Json): ServerJson {
  const read = SERVER_JSON.safeParse(modernise(value, 0), { reportInput: false });
  if (read.success) return read.data;
  const places = read.error.issues.slice(0, 5).map(({ path, message }) => `${path.length === 0 ? 'it' : path.join('.')}: ${message}`);
  throw new SallyportError('ERR_SERVER_JSON', places.join('; '), { remedy: 'Correct those places; docs/registry.md says which forms are read.' });
}

function modernise(value: Json, depth: number): Json {
  if (depth > DEPTH_MAX) throw new SallyportError('ERR_SERVER_JSON', 'it is nested too deep', { remedy: 'A server.json has no use for that.' });
  if (isArray(value)) return value.map((one) => modernise(one, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, Json][] => {
    if (inner === undefined) return [];
    // Names of variables are the publisher's own.
    const own = name === 'variables' && isObject(inner);
    const next = own ? Object.fromEntries(Object.entries(inner).flatMap(([key, one]) => (one === undefined ? [] : [[key, modernise(one, depth + 1)]])))
      : modernise(inner, depth + 1);
    return [[RENAMED[name] ?? name, next]];
  });
  return Object.fromEntries(entries);
}
