import type { Overview } from '../../../src/control/overview/answer.ts';
import type { GraphEdge, GraphNode } from '../../kit/graph.tsx';
import { t } from '../../texts/t.ts';

export type FlowOf = NonNullable<Overview['map']>;
type Flow = FlowOf['edges'][number];
interface Sum {
  readonly calls: number;
  readonly denials: number;
  readonly held: number;
  readonly findings: number;
}

/** Of each side so many have a place of their own; the rest stands as one. */
const SHOWN_MAX = 9;
const GATE = 'gate';
export const STOPPED = 'stopped';
const NOTHING: Sum = { calls: 0, denials: 0, held: 0, findings: 0 };

export interface Drawn {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Agents → the gate → servers, and what the gate stopped. `now`: what something moves along at the moment, by `agentId`, `serverId` and `STOPPED`. */
export function drawFlow({ edges, others }: FlowOf, now: ReadonlySet<string>): Drawn {
  const [agents, servers] = [sumBy(edges, ({ agent }) => agent), sumBy(edges, ({ server }) => server)];
  const stopped = edges.reduce((sum, { denials }) => sum + denials, 0);
  const nodes: GraphNode[] = [{ id: GATE, column: 1, title: t('overview.gate'), says: sayGate(edges, others), tone: 'info' }];
  const drawn: GraphEdge[] = [];
  for (const { id, title, sum } of fewest(agents, agentId, 'moreAgents')) {
    nodes.push({ id, column: 0, title, says: says(sum) });
    drawn.push({ from: id, to: GATE, weight: sum.calls + sum.denials, tone: sum.calls === 0 && sum.denials > 0 ? 'bad' : 'info', live: now.has(id) });
  }
  for (const { id, title, sum } of fewest(servers, serverId, 'moreServers')) {
    nodes.push({ id, column: 2, title, says: t('overview.permitted', { count: sum.calls }), tone: sum.calls > 0 ? 'good' : 'neutral' });
    if (sum.calls > 0) drawn.push({ from: GATE, to: id, weight: sum.calls, tone: 'good', live: now.has(id) });
  }
  if (stopped > 0) {
    nodes.push({ id: STOPPED, column: 2, title: t('overview.denied'), says: t('overview.deniedSays', { count: stopped }), tone: 'bad' });
    drawn.push({ from: GATE, to: STOPPED, weight: stopped, tone: 'bad', live: now.has(STOPPED) });
  }
  return { nodes, edges: drawn };
}

export function agentId(agent: string): string {
  return `agent ${agent}`;
}

export function serverId(server: string): string {
  return `server ${server}`;
}

function sumBy(edges: readonly Flow[], by: (edge: Flow) => string): readonly (readonly [name: string, sum: Sum])[] {
  const sums = new Map<string, Sum>();
  for (const edge of edges) sums.set(by(edge), add(sums.get(by(edge)) ?? NOTHING, edge));
  // Who only looked around shows nothing that flows.
  const flowing = [...sums].filter(([, { calls, denials }]) => calls + denials > 0);
  return flowing.toSorted(([, one], [, other]) => other.calls + other.denials - one.calls - one.denials);
}

/** Those with most, and what the others come to. */
function fewest(
  all: readonly (readonly [name: string, sum: Sum])[], id: (name: string) => string, more: 'moreAgents' | 'moreServers',
): readonly { readonly id: string; readonly title: string; readonly sum: Sum }[] {
  const shown = all.slice(0, all.length > SHOWN_MAX ? SHOWN_MAX - 1 : SHOWN_MAX).map(([name, sum]) => ({ id: id(name), title: name, sum }));
  const rest = all.slice(shown.length);
  if (rest.length === 0) return shown;
  return [...shown, { id: more, title: t(`overview.${more}`, { count: rest.length }), sum: rest.map(([, sum]) => sum).reduce(add, NOTHING) }];
}

function add(one: Sum, other: Sum): Sum {
  return {
    calls: one.calls + other.calls, denials: one.denials + other.denials, held: one.held + other.held, findings: one.findings + other.findings,
  };
}

function says({ calls, denials }: Sum): string {
  return denials === 0 ? t('overview.permitted', { count: calls }) : t('overview.permittedDenied', { calls, denials });
}

function sayGate(edges: readonly Flow[], others: FlowOf['others']): string {
  return says(add(edges.reduce(add, NOTHING), others));
}
