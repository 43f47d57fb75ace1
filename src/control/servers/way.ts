import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

/**
 * Where a server is, and what is shown to whom on its behalf. Who keeps a secret until when changes neither; nor does whether its machine
 * has a sandbox, which the runner says.
 */
export function wayOf({ endpoint, credentials }: JsonObject): Json {
  const { owner: _owner, expires: _expires, rotateBy: _rotateBy, ...shown } = asObject(credentials);
  const { launch, ...place } = asObject(endpoint);
  const { unjailed: _unjailed, ...started } = asObject(launch);
  return { endpoint: { ...place, launch: started }, shown };
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
