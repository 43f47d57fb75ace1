import type { Server } from '../../domain/server.ts';
import { actionScope, entity, granteeId, granteeScope, idPart, writePolicy, type Grantee } from '../quote.ts';
import type { Seen, SeenTool } from './observe.ts';
import { conditionOf, explainConstraint } from './spread.ts';

/** One policy of a suggestion, and why it is as it is. */
export interface Limit {
  readonly id: string;
  readonly text: string;
  readonly why: string;
}

export interface LimitOptions {
  readonly servers: readonly Server[];
  /** Tools whose arguments are left alone, as `<server>/<tool>`. */
  readonly unconstrained: ReadonlySet<string>;
  /** Whether somebody of these may do anything at a server today. */
  readonly reaches: (seen: Seen, server: Server) => boolean;
}

/**
 * Policies that forbid what was not seen. They permit nothing: whatever they say, what is in force today stays the most that anybody may,
 * and less is left of it.
 */
export function limitsFor(seen: Seen, { servers, unconstrained, reaches }: LimitOptions): readonly Limit[] {
  return servers.filter((server) => reaches(seen, server)).flatMap((server) => limitsAt(seen, server, unconstrained));
}

function limitsAt({ grantee, tools, prompts, reads, servers }: Seen, { id, baseline }: Server, unconstrained: ReadonlySet<string>): readonly Limit[] {
  const base = `least:${granteeId(grantee)}:${idPart(id)}`;
  const inServer = `resource in ${entity('Server', id)}`;
  if (!servers.includes(id)) return [limit(grantee, base, undefined, inServer, [], `nothing of ${id} was used`)];
  const mine = tools.filter(({ server }) => server === id);
  const used = mine.map(({ tool }) => entity('Tool', `${id}/${tool}`));
  const rest = (baseline?.surface.tools ?? []).filter(({ name }) => !mine.some(({ tool }) => tool === name)).map(({ name }) => name);
  const asked = prompts.filter((name) => name.startsWith(`${id}/`)).map((name) => entity('Prompt', name));
  return [
    limit(grantee, `${base}:tools`, ['call_tool'], inServer, used, `${used.length} tools were used, ${rest.length} were not: ${some(rest)}`),
    ...((baseline?.surface.prompts.length ?? 0) === 0 ? []
      : [limit(grantee, `${base}:prompts`, ['get_prompt'], inServer, asked, `${asked.length} prompts were used`)]),
    ...(reads.includes(id) ? [] : [limit(grantee, `${base}:resources`, ['read_resource', 'subscribe'], inServer, [], 'no resource was read')]),
    ...mine.filter(({ tool }) => !unconstrained.has(`${id}/${tool}`)).flatMap((tool) => constrained(grantee, base, tool)),
  ];
}

function constrained(grantee: Grantee, base: string, { server, tool, calls, constraints }: SeenTool): readonly Limit[] {
  if (constraints.length === 0) return [];
  const { scope, conditions } = granteeScope(grantee);
  const id = `${base}:arguments:${idPart(tool)}`;
  const why = `in ${calls} calls: ${constraints.map(explainConstraint).join('; ')}`;
  const text = writePolicy({
    id, remarks: { reason: 'Only what was seen is left', source: 'observed calls' }, effect: 'forbid', principal: scope,
    action: actionScope(['call_tool']), resource: `resource == ${entity('Tool', `${server}/${tool}`)}`,
    when: [...conditions, `!(${constraints.map(conditionOf).join(' && ')})`],
  });
  return [{ id, text, why }];
}

/** `but`: what stays as it is. */
function limit(grantee: Grantee, id: string, actions: readonly string[] | undefined, resource: string, but: readonly string[], why: string): Limit {
  const { scope, conditions } = granteeScope(grantee);
  const text = writePolicy({
    id, remarks: { reason: 'Only what was seen is left', source: 'observed calls' }, effect: 'forbid', principal: scope,
    action: actions === undefined ? 'action' : actionScope(actions), resource,
    when: [...conditions, ...(but.length === 0 ? [] : [`!(resource in [${but.join(', ')}])`])],
  });
  return { id, text, why };
}

const NAMES_SHOWN = 8;

function some(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length > NAMES_SHOWN ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} more` : names.join(', ');
}
