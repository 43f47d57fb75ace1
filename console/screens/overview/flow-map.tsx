import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { pathOf } from '../../api/client.ts';
import { Graph } from '../../kit/graph.tsx';
import { useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { agentId, drawFlow, serverId, STOPPED } from './flow.ts';
import type { FlowOf } from './flow.ts';
import { Now } from './now.tsx';
import { useNow } from './use-now.ts';

const HEIGHT_PX = 430;

/** Who calls what, through the gate; what happens at the moment moves. The table below says the same. */
export function FlowMap({ map }: { readonly map: FlowOf }): ReactNode {
  const go = useGo();
  const { moving, last } = useNow();
  const drawn = useMemo(() => drawFlow(map, moving), [map, moving]);
  const open = (id: string): void => {
    const server = map.edges.find((edge) => serverId(edge.server) === id)?.server;
    const agent = map.edges.find((edge) => agentId(edge.agent) === id)?.agent;
    if (server !== undefined) go(pathOf`/servers/${server}`);
    else if (agent !== undefined) go('/log', { q: `agent = ${JSON.stringify(agent)}` });
    else if (id === STOPPED) go('/log', { q: 'event = call.denied' });
  };
  return (
    <div className="overview-map">
      <Graph nodes={drawn.nodes} edges={drawn.edges} label={t('overview.map')} height={HEIGHT_PX} onOpen={open} />
      <Now last={last} />
    </div>
  );
}
