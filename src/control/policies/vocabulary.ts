import type { Json } from '../../domain/json.ts';
import { ACTION_GROUPS, ANY_ACTIONS, CONTEXT_ATTRIBUTES, PRINCIPAL_ATTRIBUTES, PRINCIPAL_TYPES, RESOURCE_ATTRIBUTES } from '../../policy/vocabulary.ts';
import type { Attributes } from '../../policy/vocabulary.ts';
import type { Store } from '../../store/store.ts';
import { listStored } from '../stored.ts';

/** What can be written in policies of a space, for editors that complete it: words of the schema, and names of what there is. */
export async function vocabularyOf(store: Store, space: string): Promise<Json> {
  const servers = await listStored(store, 'server', space);
  const baselines = await listStored(store, 'baseline', space);
  const toolsets = await listStored(store, 'toolset', space);
  const [bindings, groups] = [await listStored(store, 'binding', space), await listStored(store, 'group', space)];
  const bound = bindings.flatMap(({ body: { to } }) => ('group' in to ? [to.group] : []));
  return {
    actions: [...ANY_ACTIONS, ...Object.keys(ACTION_GROUPS)],
    attributes: {
      principal: told(PRINCIPAL_ATTRIBUTES), resource: told(Object.assign({}, ...Object.values(RESOURCE_ATTRIBUTES))), context: told(CONTEXT_ATTRIBUTES),
    },
    entities: {
      ...Object.fromEntries(PRINCIPAL_TYPES.map((type) => [type, []])),
      Group: sorted([...bound, ...groups.map(({ body }) => body.displayName)]),
      Server: sorted(servers.map(({ id }) => id)),
      Tool: sorted(baselines.flatMap(({ id, body }) => body.surface.tools.map(({ name }) => `${id}/${name}`))),
      Prompt: sorted(baselines.flatMap(({ id, body }) => (body.surface.prompts ?? []).map(({ name }) => `${id}/${name}`))),
      Toolset: sorted(toolsets.map(({ id }) => id)),
      Space: [space],
    },
  };
}

function told(attributes: Attributes): Json {
  return Object.fromEntries(Object.entries(attributes).map(([name, { type, values }]) => [name, { type, values: [...(values ?? [])] }]));
}

function sorted(names: readonly string[]): Json {
  return [...new Set(names)].toSorted();
}
