import type { Action } from '../domain/decision.ts';
import type { Grantee } from './quote.ts';
import { actionScope, entity, granteeId, granteeScope, idPart, writePolicy } from './quote.ts';

/** One thing that someone was seen to do, from the journal. */
export interface ObservedCall {
  readonly agent: string;
  readonly action: Action;
  readonly server: string;
  /** The tool, prompt or URI; '' for the server itself. */
  readonly name: string;
}

const SESSION: readonly Action[] = ['connect', 'list', 'complete', 'task', 'notify', 'respond'];

/** The least that permits what was observed: one policy an agent and tool or prompt, and one an agent and server for the rest. */
export function suggestPolicies(calls: readonly ObservedCall[]): string {
  const texts = new Map<string, string>();
  for (const call of calls) {
    const to: Grantee = { agent: call.agent };
    const { id, action, resource } = leastFor(call, `suggested:${granteeId(to)}:${idPart(call.server)}`);
    const { scope, conditions } = granteeScope(to);
    if (!texts.has(id)) texts.set(
      id,
      writePolicy({ id, remarks: { source: 'observed calls' }, effect: 'permit', principal: scope, action, resource, when: conditions }),
    );
  }
  return [...texts].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, text]) => text).join('\n');
}

function leastFor(call: ObservedCall, id: string): { readonly id: string; readonly action: string; readonly resource: string } {
  const inServer = `resource in ${entity('Server', call.server)}`;
  const exact = (type: string): string => `resource == ${entity(type, `${call.server}/${call.name}`)}`;
  if (call.action === 'call_tool') return { id: `${id}:tool:${idPart(call.name)}`, action: actionScope([call.action]), resource: exact('Tool') };
  if (call.action === 'get_prompt') return { id: `${id}:prompt:${idPart(call.name)}`, action: actionScope([call.action]), resource: exact('Prompt') };
  if (call.action === 'read_resource') return { id: `${id}:resource:${idPart(call.name)}`, action: actionScope([call.action]), resource: exact('Resource') };
  if (SESSION.includes(call.action)) return { id: `${id}:session`, action: actionScope(SESSION), resource: inServer };
  return { id: `${id}:${call.action}`, action: actionScope([call.action]), resource: inServer };
}
