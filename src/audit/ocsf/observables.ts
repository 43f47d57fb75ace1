import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';

/** Where in an event things are that analysts look for everywhere, by OCSF's types of observables. */
const PLACES: readonly { readonly path: string; readonly type: readonly [number, string] }[] = [
  { path: 'actor.user.uid', type: [31, 'User Object: uid'] },
  { path: 'actor.user.name', type: [4, 'User Name'] },
  { path: 'user.uid', type: [31, 'User Object: uid'] },
  { path: 'user.name', type: [4, 'User Name'] },
  { path: 'src_endpoint.ip', type: [2, 'IP Address'] },
  { path: 'evidences.src_endpoint.ip', type: [2, 'IP Address'] },
  { path: 'resources.uid', type: [10, 'Resource UID'] },
  { path: 'resources.name', type: [38, 'Resource Details Object: name'] },
];

export function observablesOf(event: JsonObject): readonly JsonObject[] {
  return PLACES.flatMap(({ path, type: [typeId, type] }) => {
    const value = at(event, path.split('.'));
    return typeof value === 'string' && value !== 'unknown' ? [{ name: path, type_id: typeId, type, value }] : [];
  });
}

/** Of a list the first item. */
function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  if (isArray(value)) return at(value[0], path);
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return isObject(value) ? at(value[name], rest) : undefined;
}
