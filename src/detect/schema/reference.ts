import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

/** What a reference inside a document points at: a pointer (`#/$defs/a`) or an anchor (`#a`). undefined: it leads elsewhere, and nothing is fetched. */
export function resolve(root: Json, reference: string): Json | undefined {
  const id = isObject(root) && typeof root['$id'] === 'string' ? root['$id'].replace(/#$/, '') : '';
  const local = id !== '' && reference.startsWith(`${id}#`) ? reference.slice(id.length) : reference;
  if (local === '#' || local === '') return root;
  if (local.startsWith('#/')) return at(root, local.slice(2).split('/'));
  return local.startsWith('#') ? anchorsOf(root).get(local.slice(1)) : undefined;
}

function at(root: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = root;
  for (const part of path) {
    const name = unescaped(part);
    if (isArray(here)) here = here[Number(name)];
    else here = isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined;
  }
  return here;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
}

const ANCHORS = new WeakMap<JsonObject, ReadonlyMap<string, Json>>();

function anchorsOf(root: Json): ReadonlyMap<string, Json> {
  if (!isObject(root)) return new Map();
  const known = ANCHORS.get(root);
  if (known !== undefined) return known;
  const found = new Map<string, Json>();
  const visit = (value: Json): void => {
    if (isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    for (const name of ['$anchor', '$dynamicAnchor']) if (typeof value[name] === 'string') found.set(value[name], value);
    Object.values(value).forEach(visit);
  };
  visit(root);
  ANCHORS.set(root, found);
  return found;
}
