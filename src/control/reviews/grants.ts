import { granteeId } from '../../policy/quote.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import { splitPolicies } from '../../policy/split.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Server, ToolsetMember } from '../../domain/server.ts';
import { UNUSED } from '../../review/facts.ts';
import type { GrantFact, PermitFact, Used } from '../../review/facts.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import type { Use } from './use.ts';

type RoleBody = Awaited<ReturnType<typeof listStored<'role'>>>[number]['body'];
type Rule = RoleBody['allow'][number];
type To = GrantFact['to'];

export interface GrantParts {
  readonly rows: Rows;
  readonly space: string;
  readonly servers: readonly Server[];
  readonly use: Use;
  /** Ids of the active people that have what is given to somebody. */
  readonly holdersOf: (to: To) => readonly string[];
}

/** What a role's rule is about: a server, or a toolset as `t/<id>`. */
export function placeOf({ server, toolset }: Rule): string {
  return toolset === undefined ? (server ?? '') : `t/${toolset}`;
}

/** What each binding gives at each server, and what of it was used: calls are counted by the policy that permitted them. */
export async function readGrants({ rows, space, servers, use, holdersOf }: GrantParts): Promise<readonly GrantFact[]> {
  const roles = new Map((await listStored(rows, 'role', space)).map(({ id, body }) => [id, body]));
  const toolsets = new Map((await listStored(rows, 'toolset', space)).map(({ id, body }) => [id, body.members]));
  const tools = toolsOf(servers, space);
  const madeAt = new Map((await rows.list('binding', space)).map(({ id, updatedAt }) => [id, updatedAt]));
  const byPrefix = usedByRule(use, space);
  const owners = new Map(servers.map(({ id, owner }) => [id, owner]));
  return (await listStored(rows, 'binding', space)).flatMap(({ id: binding, body: { role, to } }) => {
    const rules = (roles.get(role)?.allow ?? []).map((rule, at) => ({ rule, at }));
    const places = new Set(rules.map(({ rule }) => placeOf(rule)));
    return [...places].map((place): GrantFact => {
      const [mine, owner] = [rules.filter(({ rule }) => placeOf(rule) === place), owners.get(place)];
      return {
        binding, role, to, server: place, ...(owner === undefined ? {} : { owner }), granted: [...new Set(mine.flatMap(({ rule }) => grantedBy(rule, tools,
          toolsets)))],
        isOpen: mine.some(({ rule: { tools: named, effects } }) => named === undefined && effects !== undefined && effects.length >= ALL_EFFECTS),
        used: usedOf(mine.map(({ at }) => byPrefix.get(`role:${role}:${granteeId(to)}:${at}`)), place), since: madeAt.get(binding) ?? 0,
        holders: holdersOf(to), otherServers: places.size - 1,
      };
    });
  });
}

/** Reading, writing and all that is grave: a rule with five of the six effects excludes nothing that a person thought of. */
const ALL_EFFECTS = 5;

type Tools = ReadonlyMap<string, readonly { readonly name: string; readonly effect: string }[]>;

function toolsOf(servers: readonly Server[], space: string): Tools {
  return new Map(servers.filter((server) => server.space === space).map(({ id, baseline }) =>
    [id, (baseline?.surface.tools ?? []).map(({ name, effect }) => ({ name, effect }))]));
}

function grantedBy(rule: Rule, tools: Tools, toolsets: ReadonlyMap<string, readonly ToolsetMember[]>): readonly string[] {
  const { server, toolset, effects, tools: named } = rule;
  const fits = (effect: string): boolean => effects === undefined || effects.some((one) => one === effect);
  if (toolset === undefined) {
    const there = tools.get(server ?? '') ?? [];
    if (named !== undefined) return there.filter(({ name, effect }) => named.includes(name) && fits(effect)).map(({ name }) => name);
    return effects === undefined ? [] : there.filter(({ effect }) => fits(effect)).map(({ name }) => name);
  }
  return (toolsets.get(toolset) ?? []).flatMap((member) => (tools.get(member.server) ?? [])
    .filter(({ name, effect }) => effects !== undefined && fits(effect) && (member.tools === '*' || member.tools.includes(name)))
    .map(({ name }) => `${member.server}/${name}`));
}

/** Uses by the id that a rule's policies begin with (`role:<role>:<to>:<rule>`), whatever part of it permitted. */
function usedByRule({ byPolicy }: Use, space: string): ReadonlyMap<string, readonly ReadonlyMap<string, Used>[]> {
  const found = new Map<string, ReadonlyMap<string, Used>[]>();
  for (const [policy, tools] of byPolicy) {
    const id = space === DEFAULT_SPACE ? policy : policy.slice(policy.startsWith(`${space}/`) ? space.length + 1 : 0);
    const [prefix] = /^role:.+:\d+(?=:(?:tools?|prompt|resources|session)\b)/.exec(id) ?? [];
    if (prefix === undefined) continue;
    const known = found.get(prefix);
    if (known === undefined) found.set(prefix, [tools]);
    else known.push(tools);
  }
  return found;
}

function usedOf(parts: readonly (readonly ReadonlyMap<string, Used>[] | undefined)[], place: string): ReadonlyMap<string, Used> {
  const sums = new Map<string, Used>();
  for (const tools of parts.flatMap((part) => part ?? [])) {
    for (const [name, used] of tools) {
      const key = place.startsWith('t/') ? name : name.slice(name.indexOf('/') + 1);
      const known = sums.get(key) ?? UNUSED;
      sums.set(key, { days30: known.days30 + used.days30, days60: known.days60 + used.days60, days90: known.days90 + used.days90 });
    }
  }
  return sums;
}

/** Permits that people wrote in Cedar. What does not parse is not in force either. */
export async function readPermits(rows: Rows, space: string, { decided }: Use): Promise<readonly PermitFact[]> {
  const madeAt = new Map((await rows.list('policy', space)).map(({ id, updatedAt }) => [id, updatedAt]));
  return (await listStored(rows, 'policy', space)).flatMap(({ id: row, body: { file, source } }) => splitPolicies(file,
    source).flatMap((chunk): PermitFact[] => {
    const { draft } = parsePolicy(chunk, digestOfText(chunk.text));
    if (draft?.effect !== 'permit') return [];
    const id = draft.annotations['id'] ?? `${file}:${chunk.line}`;
    const [principal, resource] = [draft.principal, draft.resource].map((scope) => scope?.in === undefined && scope?.exactly === undefined);
    return [{
      file, id, anyPrincipal: principal === true, anyResource: resource === true, hasCondition: !Bun.deepEquals(draft.condition, ['value', true]),
      decided: decided.get(space === DEFAULT_SPACE ? id : `${space}/${id}`) ?? UNUSED, since: madeAt.get(row) ?? 0,
    }];
  }));
}
