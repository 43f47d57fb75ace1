import type { Principal } from '../../domain/principal.ts';
import { actionScope, entity, idPart, quote, writePolicy } from '../quote.ts';

/** A way to end a path, as policy text that can be put in force as it is. */
export interface Cut {
  /** `forbid` these tools for this agent, let a person `approve` them, or follow what contexts carry (`flow`). */
  readonly kind: 'forbid' | 'approve' | 'flow';
  /** `<server>/<tool>`; none for `flow`, which holds for all. */
  readonly tools: readonly string[];
  /** How often those were called by this agent, where that is known. */
  readonly uses?: number;
  readonly text: string;
}

export interface CutTool {
  readonly server: string;
  readonly tool: string;
}

/** The policy that forbids tools to an agent, or has the owner of each approve their calls. */
export function cutTools(kind: 'forbid' | 'approve', { agent, groups }: Principal, isAnyAgent: boolean, tools: readonly CutTool[]): string {
  const [group] = groups;
  const whose = isAnyAgent ? (group ?? 'all') : agent;
  const when = isAnyAgent ? [] : [`principal.agent == ${quote(agent)}`];
  const scope = isAnyAgent && group !== undefined ? `principal in ${entity('Group', group)}` : 'principal';
  return tools.map(({ server, tool }) => writePolicy({
    id: `cut:${idPart(whose)}:${idPart(server)}:${idPart(tool)}`,
    remarks: {
      reason: 'With what else this agent may call, a stranger\'s text could make it do harm.',
      ...(kind === 'approve' ? { approve: 'owner' } : {}),
    },
    effect: 'forbid', principal: scope, action: actionScope(['call_tool']), resource: `resource == ${entity('Tool', `${server}/${tool}`)}`, when,
  })).join('\n');
}
