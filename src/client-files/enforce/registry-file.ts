import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { EnforcePlan, Offered, Situation, Target } from './plan.ts';

const REGISTRY = 'kiro/registry';
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** Kiro and Amazon Q: a profile of the console names one document, in the form in which the registry answers. */
export const registryFile: Target = {
  id: 'kiro', title: 'Kiro and Amazon Q', clients: ['kiro', 'amazon-q'],
  compile: (plan) => [{
    id: REGISTRY, format: 'json', delivered: 'served over HTTPS at the address that the console\'s profile names',
    keys: [{ at: ['servers'], value: entriesOf(plan) }],
  }],
  simulate,
  gaps: [
    'It is held on the client\'s side alone, and only while the profile is signed in to.',
    'It lists addresses: a server that is reached by a command alone is not in it.',
  ],
};

function entriesOf({ servers, namespace }: EnforcePlan): readonly JsonObject[] {
  return servers.flatMap(({ name, url }) => (url === undefined ? [] : [{
    server: {
      $schema: SCHEMA, name: `${namespace}/${name}`, description: `${name}, through the gate`, version: '1.0.0', remotes: [{ type: 'streamable-http', url }],
    },
  }]));
}

/** Only what the document lists, and as it lists it: what a person says of a listed name is not asked. */
function simulate({ deployed, offered }: Situation): readonly Offered[] {
  const listing = deployed[REGISTRY];
  if (!isObject(listing) || !isArray(listing['servers'])) return offered;
  const listed = listing['servers'].flatMap((entry): readonly Offered[] => {
    const [name, url] = [listedName(entry), urlIn(entry)];
    return name === undefined || url === undefined ? [] : [{ name, url, origin: 'managed' }];
  });
  const wanted = new Set(offered.map(({ name }) => name));
  return [...offered.filter(({ origin }) => origin === 'built-in'), ...listed.filter(({ name }) => wanted.has(name))];
}

/** The name of an entry of a registry's listing. */
export function listedName(entry: Json): string | undefined {
  const server = isObject(entry) ? entry['server'] : undefined;
  const name = isObject(server) ? server['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function urlIn(entry: Json): string | undefined {
  const server = isObject(entry) ? entry['server'] : undefined;
  const remotes = isObject(server) && isArray(server['remotes']) ? server['remotes'] : [];
  const url = isObject(remotes[0]) ? remotes[0]['url'] : undefined;
  return typeof url === 'string' ? url : undefined;
}
