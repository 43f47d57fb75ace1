import { useMemo } from 'react';
import type { ReactNode } from 'react';
import type { SessionStory } from '../../../src/control/audit/session-answer.ts';
import { Graph } from '../../kit/graph.tsx';
import type { GraphEdge, GraphNode } from '../../kit/graph.tsx';
import { Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';

type Drawn = SessionStory['told']['graph'];
type DataFlow = Drawn['flows'][number];

const COLUMNS: readonly Column<DataFlow>[] = [
  { id: 'from', title: t('sessions.from'), cell: ({ from }) => <Text value={from} line /> },
  { id: 'to', title: t('sessions.to'), cell: ({ to }) => <Text value={to} line /> },
  { id: 'carried', title: t('sessions.carries'), width: 2, cell: ({ carried }) => <Text value={carried} line /> },
  { id: 'calls', title: t('sessions.calls'), align: 'right', cell: ({ calls }) => calls },
  { id: 'denied', title: t('sessions.denied'), align: 'right', cell: ({ denied }) => denied },
];

/** Which servers the agent went to, and what it had of one when it called another. */
export function Flow({ graph }: { readonly graph: Drawn }): ReactNode {
  const drawn = useMemo(() => picture(graph), [graph]);
  if (graph.servers.length === 0) return <Empty title={t('sessions.noFlow')} />;
  return (
    <>
      <Graph label={t('sessions.flow')} nodes={drawn.nodes} edges={drawn.edges} />
      <Panel title={t('sessions.mayHaveFlowed')} flush>
        <Table label={t('sessions.mayHaveFlowed')} rows={graph.flows} columns={COLUMNS} id={({ from, to }) => `${from}→${to}`}
          empty={<Empty title={t('sessions.nothingFlowed')} />} />
      </Panel>
    </>
  );
}

const AGENT = 'agent';

function picture({ agent, servers, flows }: Drawn): { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } {
  // Where data came from stands left of where it may have gone.
  const targets = new Set(flows.map(({ to }) => to));
  return {
    nodes: [
      { id: AGENT, column: 0, title: agent, says: t('sessions.agent'), tone: 'info' },
      ...servers.map(({ server, carried, marked, denied }): GraphNode => ({
        id: server, column: targets.has(server) ? 2 : 1, title: server, says: carried, tone: denied > 0 ? 'bad' : marked ? 'held' : 'good',
      })),
    ],
    edges: [
      ...servers.map(({ server, calls, denied }): GraphEdge => ({
        from: AGENT, to: server, says: t('sessions.edge', { calls, denied }), weight: calls + denied, tone: calls === 0 ? 'bad' : 'neutral',
      })),
      ...flows.map(({ from, to, carried, calls, denied }): GraphEdge => ({
        from, to, says: carried, weight: calls + denied, tone: calls === 0 ? 'bad' : 'held',
      })),
    ],
  };
}
