import type { Effect, Toolset } from '../domain/server.ts';
import type { PolicySource } from './compile.ts';
import type { Grantee } from './quote.ts';
import { actionScope, entity, granteeId, granteeScope, idPart, oneOf, writePolicy } from './quote.ts';
import { toolsetServer } from './subject.ts';

/** What a role allows on one server, or on what one toolset shows. Tools are allowed only by `effects` or `tools`; with both, a tool must fit both. */
export interface RoleRule {
  readonly server?: string | undefined;
  readonly toolset?: string | undefined;
  readonly effects?: readonly Effect[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly prompts?: readonly string[] | undefined;
  readonly resources?: boolean | undefined;
}

export interface Role {
  readonly allow: readonly RoleRule[];
}

export interface Binding {
  readonly role: string;
  readonly to: Grantee;
}

/** What every client needs on a server (or a toolset that shows it) that it may use at all: handshake, lists, completion, the upkeep of its calls. */
const SESSION = ['connect', 'list', 'complete', 'task', 'notify', 'respond'] as const;

/**
 * Compiles roles and bindings of sallyport.yaml to Cedar text with stable ids (`role:<role>:<to>:<rule>:<part>`). A role
 * that nobody is bound to compiles to nothing. `placeOf` tells where a binding stands, for diagnostics.
 */
export function compileRoles(
  roles: Readonly<Record<string, Role>>,
  bindings: readonly Binding[],
  toolsets: readonly Toolset[],
  file: string,
  placeOf: (binding: number) => { readonly line: number; readonly column: number } = () => ({ line: 1, column: 1 }),
): readonly PolicySource[] {
  return bindings.map(({ role, to }, index) => {
    const rules = Object.hasOwn(roles, role) ? (roles[role]?.allow ?? []) : [];
    return { file, text: rules.map((rule, at) => writeRule(`role:${role}:${granteeId(to)}:${at}`, rule, to, toolsets)).join('\n'), at: placeOf(index) };
  });
}

function writeRule(id: string, rule: RoleRule, to: Grantee, toolsets: readonly Toolset[]): string {
  const { scope, conditions } = granteeScope(to);
  const where = `resource in ${rule.toolset === undefined ? entity('Server', rule.server ?? '') : entity('Toolset', rule.toolset)}`;
  const permit = (part: string, actions: readonly string[], resource: string, more: readonly string[] = []): string =>
    writePolicy({ id: `${id}:${part}`, effect: 'permit', principal: scope, action: actionScope(actions), resource, when: [...conditions, ...more] });
  const texts = [permit('session', SESSION, where)];
  const showing = toolsets.filter(({ members }) => members.some(({ server }) => server === rule.server)).map(({ id: toolset }) => toolset);
  for (const toolset of showing) texts.push(permit(`session:${idPart(toolset)}`, SESSION, `resource == ${entity('Server', toolsetServer(toolset))}`));
  const ofEffect = rule.effects === undefined ? [] : [oneOf(rule.effects, 'resource.effect')];
  const named = (type: string, name: string): string => `resource == ${entity(type, `${rule.server ?? ''}/${name}`)}`;
  const allowsNoTool = rule.effects?.length === 0;
  if (rule.tools !== undefined && !allowsNoTool) {
    for (const tool of rule.tools) texts.push(permit(`tool:${idPart(tool)}`, ['call_tool'], named('Tool', tool), ofEffect));
  } else if (rule.effects !== undefined && !allowsNoTool) {
    texts.push(permit('tools', ['call_tool'], where, ofEffect));
  }
  for (const prompt of rule.prompts ?? []) texts.push(permit(`prompt:${idPart(prompt)}`, ['get_prompt'], named('Prompt', prompt)));
  if (rule.resources === true) texts.push(permit('resources', ['read_resource', 'subscribe'], where));
  return texts.join('\n');
}
