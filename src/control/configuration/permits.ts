import type { Json } from '../../domain/json.ts';
import { callersOf } from '../../policy/analyse/callers.ts';
import { CLEAN, createReach, type Reached } from '../../policy/analyse/reach.ts';
import { buildCeilings } from '../../policy/ceiling.ts';
import type { Compiled } from '../../policy/compile.ts';
import type { Resource } from '../../domain/decision.ts';
import { compileWhole } from '../policies/candidate.ts';
import type { Configuration } from '../snapshot/configuration.ts';

/** Who can, afterwards, get a call of which tool through that they could not before, or the other way round. */
export interface Permitted {
  readonly caller: string;
  readonly space: string;
  readonly tool: string;
  readonly before: Reached['state'];
  readonly after: Reached['state'];
}

const QUESTIONS_MAX = 50_000;
const SHOWN_MAX = 200;
const ORDER: readonly Reached['state'][] = ['closed', 'guarded', 'open'];

interface Side {
  readonly configuration: Configuration;
  readonly program: Json;
}

/** Asks both policies about everybody that they could mean, and every tool of an approved server. `null`: too many to ask. */
export async function permitsBetween(
  before: Configuration, after: Configuration, now: number, known: Compiled | undefined,
): Promise<readonly Permitted[] | null> {
  const sides = await Promise.all([before, after].map(async (configuration): Promise<Side> =>
    ({ configuration, program: (await compileWhole(configuration, known)).program })));
  const spaces = [...new Set(sides.flatMap(({ configuration }) => configuration.servers.map(({ space }) => space)))].toSorted();
  const found: Permitted[] = [];
  let questions = 0;
  for (const space of spaces) {
    const asked = sides.map((side) => askerOf(side, space, now));
    const callers = new Map(asked.flatMap((one) => one.callers.map((caller) => [caller.name, caller] as const)));
    const tools = new Set(asked.flatMap((one) => [...one.tools.keys()]));
    questions += callers.size * tools.size;
    if (questions > QUESTIONS_MAX) return null;
    for (const { name, principal } of callers.values()) {
      for (const tool of tools) {
        const [old = 'closed', then = 'closed'] = asked.map((one) => one.state(principal, tool));
        if (old !== then && found.length < SHOWN_MAX) found.push({ caller: name, space, tool, before: old, after: then });
      }
    }
  }
  return found;
}

/** Whether more is let through. */
export function isMore({ before, after }: Permitted): boolean {
  return ORDER.indexOf(after) > ORDER.indexOf(before);
}

interface Asker {
  readonly callers: ReturnType<typeof callersOf>;
  readonly tools: ReadonlyMap<string, Resource>;
  readonly state: (principal: ReturnType<typeof callersOf>[number]['principal'], tool: string) => Reached['state'];
}

function askerOf({ configuration: { servers, toolsets, tokens, agents }, program }: Side, space: string, now: number): Asker {
  const own = servers.filter((server) => server.space === space && server.status === 'approved');
  const tools = new Map(own.flatMap((server) => (server.baseline?.surface.tools ?? []).map(({ name, effect, labels }): [string, Resource] => [
    `${server.id}/${name}`, {
      kind: 'tool', server: server.id, name, effect, labels,
      toolsets: toolsets.filter(({ members }) => members.some((one) => one.server === server.id && (one.tools === '*' || one.tools.includes(name))))
        .map(({ id }) => id),
    },
  ])));
  const reach = createReach(program, buildCeilings(agents, toolsets));
  return {
    tools, callers: callersOf(program, space, tokens, agents, now),
    state: (principal, tool) => {
      const resource = tools.get(tool);
      return resource === undefined ? 'closed' : reach(principal, resource, CLEAN).state;
    },
  };
}
