import { useMemo } from 'react';
import type { ReactNode } from 'react';
import type { Blasts, Touched } from '../../../src/control/incidents/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Asked, Empty, Facts, Panel } from '../../kit/page.tsx';
import { Graph } from '../../kit/graph.tsx';
import type { GraphEdge, GraphNode } from '../../kit/graph.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t, tWord } from '../../texts/t.ts';

type One = Blasts['blasts'][number];

/** What the incident's subjects touched, and where that may have gone on: as a picture, and the same in words. */
export function Blast({ id }: { readonly id: string }): ReactNode {
  const answer = useAsk<Blasts>(pathOf`/incidents/${id}/blast`);
  return (
    <Asked of={answer}>
      {({ blasts }) => (blasts.length === 0 ? <Empty title={t('incidents.noBlast')} /> : (
        <>
          <div className="incidents-picture"><Picture blasts={blasts} /></div>
          {blasts.map((one) => <Words key={`${one.by} ${one.name}`} one={one} />)}
        </>
      ))}
    </Asked>
  );
}

const AFTERWARDS = 2;

function Picture({ blasts }: Blasts): ReactNode {
  const drawn = useMemo(() => draw(blasts), [blasts]);
  return <Graph label={t('incidents.blast')} nodes={drawn.nodes} edges={drawn.edges} />;
}

/** Subject → servers that it touched → servers that its sessions went to afterwards. */
function draw(blasts: readonly One[]): { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  for (const { by, name, touched, afterwards } of blasts) {
    const from = `subject ${by} ${name}`;
    nodes.set(from, { id: from, column: 0, title: name, says: tWord('about', by), tone: 'bad' });
    const reached = (to: Touched, column: number, tone: 'info' | 'held'): void => {
      for (const { server, calls, denied } of to.servers) {
        const id = `${column} ${server}`;
        nodes.set(id, { id, column, title: server, says: t('incidents.edge', { calls, denied }), tone: calls > 0 ? tone : 'good' });
        edges.push({ from, to: id, tone: denied > 0 && calls === 0 ? 'good' : tone, weight: calls });
      }
    };
    reached(touched, 1, 'info');
    if (afterwards !== undefined) reached(afterwards, AFTERWARDS, 'held');
  }
  return { nodes: [...nodes.values()], edges };
}

function Words({ one: { by, name, partly, touched, afterwards } }: { readonly one: One }): ReactNode {
  return (
    <Panel title={tWord('about', by)}>
      <p><Text value={name} mono /> {partly && <strong>{t('incidents.partly')}</strong>}</p>
      <TouchedFacts of={touched} />
      {afterwards !== undefined && <><h3>{t('incidents.afterwards')}</h3><TouchedFacts of={afterwards} /></>}
    </Panel>
  );
}

function TouchedFacts({ of }: { readonly of: Touched }): ReactNode {
  const { servers, principals, agents, contexts, hosts, calls, denied, firstAt, lastAt, confidentiality, categories } = of;
  return (
    <Facts rows={[
      [t('incidents.calls'), t('incidents.edge', { calls, denied })],
      [t('incidents.server'), servers.length === 0 ? undefined : (
        <ul key="servers">
          {servers.map(({ server, calls: made, denied: refused, tools }) => (
            <li key={server}><Text value={server} /> {t('incidents.edge', { calls: made, denied: refused })} <Text value={tools.join(', ')} /></li>
          ))}
        </ul>
      )],
      [t('incidents.people'), list(principals)], [t('incidents.agents'), list(agents)], [t('incidents.sessions'), list(contexts)],
      [t('incidents.hosts'), list(hosts)],
      [t('incidents.carried'), [confidentiality, ...categories].filter((one) => one !== undefined).join(', ')],
      [t('incidents.first'), firstAt === undefined ? undefined : <Moment key="first" at={firstAt} />],
      [t('incidents.last'), lastAt === undefined ? undefined : <Moment key="last" at={lastAt} />],
    ]} />
  );
}

function list(values: readonly string[]): ReactNode {
  return values.length === 0 ? undefined : <Text value={values.join(', ')} max={1000} />;
}
