import type { Exchange } from '../../domain/exchange.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Allowed } from './allow.ts';
import type { Sink } from './derive.ts';
import { rulesOf } from './entry.ts';
import { cleanPath } from './strict.ts';

/** The company's own, made once a snapshot. */
const known = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Where a call goes, and what is trusted there; undefined: it says nothing. */
export function sinkOf({ space, server, tool, call: { resource, arguments: given = {}, beside }, snapshot }: Exchange): Sink | undefined {
  if (Object.keys(given).length === 0 && beside === undefined) return undefined;
  const rules = rulesOf({ server, ...(tool === undefined ? {} : { tool }) });
  const { domains, allow } = snapshot.flow?.spaces[space] ?? { domains: [], allow: [] };
  const people = known.get(snapshot) ?? new Set(snapshot.flow?.people);
  known.set(snapshot, people);
  const allowed: Allowed = { domains, people, patterns: [...allow, ...(rules.allow ?? [])], roots: rootsOf(server.endpoint) };
  return {
    server: server.id, tool: resource.name, arguments: given, allowed, ...(beside === undefined ? {} : { beside }),
    rules: {
      ...(rules.destinations === undefined ? {} : { declared: rules.destinations }),
      ...(resource.kind === 'resource' ? { effect: 'read' } : resource.effect === undefined ? {} : { effect: resource.effect }),
      ...(tool?.definition['inputSchema'] === undefined ? {} : { schema: tool.definition['inputSchema'] }),
    },
  };
}

/** The folders that an administrator gave a local server: its arguments that are paths, and where it runs. */
function rootsOf(endpoint: Exchange['server']['endpoint']): readonly string[] {
  if (endpoint.transport !== 'stdio') return [];
  const { args, cwd } = endpoint.launch;
  const given = args.filter((argument) => argument.startsWith('/') && cleanPath(argument) !== '/');
  // A relative path is one below where it runs.
  return [...given, ...(cwd === undefined ? [] : [cwd]), ''];
}
