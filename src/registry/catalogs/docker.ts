import { isMap, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { digestOf } from '../canonical.ts';
import { readServerJson } from '../server-json/read.ts';
import type { Found } from './catalog.ts';

/** Names of Docker's catalogue have no namespace; this is whose names they are. */
const NAMESPACE = 'com.docker.catalog';
const DESCRIPTION_CHARS_MAX = 100;

/** Undefined: the text is no catalogue. Of what an entry says of volumes, users, networks and commands nothing is taken over. */
export function readDockerCatalog(text: string): readonly Found[] | undefined {
  let said: Json;
  let twice: ReadonlySet<string>;
  try {
    // Names that stand twice are looked for apart: the parser compares each with each.
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, prettyErrors: false });
    if (document.errors.length > 0) return undefined;
    said = document.toJS({ maxAliasCount: 0 });
    twice = twiceIn(document);
  } catch {
    return undefined;
  }
  const servers = isObject(said) ? said['registry'] : undefined;
  if (!isObject(servers)) return undefined;
  return Object.entries(servers).map(([id, value]): Found => {
    const at = `registry.${id}`;
    if (twice.has(id)) return { at, reason: 'its name stands twice' };
    try {
      return { at, entry: { server: readServerJson(toServer(id, isObject(value) ? value : {})), status: 'active' } };
    } catch (error) {
      // What is nested without end runs out of room where it is read.
      if (!(error instanceof SallyportError) && !(error instanceof RangeError)) throw error;
      return { at, reason: error.message };
    }
  });
}

function twiceIn(document: Document): ReadonlySet<string> {
  const servers: unknown = document.get('registry');
  const names = isMap(servers) ? servers.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : [];
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
}

function toServer(id: string, entry: JsonObject): JsonObject {
  const { image, remote, title, description } = entry;
  const said = typeof description === 'string' ? description.replaceAll(/\s+/g, ' ').trim() : '';
  const common: JsonObject = {
    name: `${NAMESPACE}/${id}`, description: said.length > DESCRIPTION_CHARS_MAX ? `${said.slice(0, DESCRIPTION_CHARS_MAX - 1)}…` : said,
    ...(typeof title === 'string' && title !== '' ? { title: title.slice(0, DESCRIPTION_CHARS_MAX) } : {}),
  };
  const version = `0.0.0-${digestOf(entry).slice(0, 12)}`;
  if (isObject(remote)) return { ...common, version, remotes: [toRemote(remote)] };
  if (typeof image !== 'string') throw new SallyportError('ERR_SERVER_JSON', 'it has neither an image nor an address', { remedy: 'Leave it out.' });
  return {
    ...common, version,
    packages: [{ registryType: 'oci', identifier: image, transport: { type: 'stdio' }, environmentVariables: [...secretsOf(entry), ...variablesOf(entry)] }],
  };
}

function toRemote({ url, transport_type: transport, headers }: JsonObject): JsonObject {
  return {
    type: transport === 'sse' ? 'sse' : 'streamable-http', url: url ?? '',
    headers: isObject(headers) ? Object.keys(headers).map((name) => ({ name, isSecret: true })) : [],
  };
}

function secretsOf({ secrets }: JsonObject): readonly JsonObject[] {
  return objectsIn(secrets).map(({ env, name }) => ({ name: env ?? name ?? '', isSecret: true, isRequired: true }));
}

/** Names only: values there are templates over what a person filled in at Docker's. */
function variablesOf({ env }: JsonObject): readonly JsonObject[] {
  return objectsIn(env).map(({ name }) => ({ name: name ?? '' }));
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}
