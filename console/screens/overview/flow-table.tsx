import type { ReactNode } from 'react';
import { pathOf } from '../../api/client.ts';
import { Badge, Severity } from '../../kit/badge.tsx';
import { Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import type { FlowOf } from './flow.ts';

/** The map in words and numbers: one row for who, through which agent, called which server. */
export function FlowTable({ map: { edges, others } }: { readonly map: FlowOf }): ReactNode {
  return (
    <Panel title={t('overview.flows')} flush>
      <div className="overview-flows" tabIndex={0} role="region" aria-label={t('overview.flows')}>
        <table>
          <thead>
            <tr>
              {(['agent', 'principal', 'server'] as const).map((name) => <th key={name} scope="col">{t(`overview.${name}`)}</th>)}
              {(['calls', 'denials', 'held', 'findings'] as const).map((name) => (
                <th key={name} scope="col" className="overview-count">{t(`overview.${name}`)}</th>
              ))}
              <th scope="col">{t('overview.carried')}</th><th scope="col">{t('overview.last')}</th>
            </tr>
          </thead>
          <tbody>{edges.map((edge) => <Row key={`${edge.principal} ${edge.agent} ${edge.server}`} edge={edge} />)}</tbody>
        </table>
      </div>
      {others.edges > 0 && (
        <p className="overview-rest quiet">{t('overview.otherEdges', { count: others.edges, calls: others.calls, denials: others.denials })}</p>
      )}
    </Panel>
  );
}

function Row({ edge }: { readonly edge: FlowOf['edges'][number] }): ReactNode {
  const { agent, principal, server, calls, denials, held, findings, severity, labels, lastAt } = edge;
  return (
    <tr>
      <th scope="row"><Text value={agent} max={60} /></th>
      <td><Text value={principal} max={24} mono /></td>
      <td><To to={pathOf`/servers/${server}`}><Text value={server} max={60} /></To></td>
      <td className="overview-count">{calls.toLocaleString('en')}</td>
      <td className="overview-count">{denials === 0 ? '' : <Badge tone="bad">{denials.toLocaleString('en')}</Badge>}</td>
      <td className="overview-count">{held === 0 ? '' : <Badge tone="held">{held.toLocaleString('en')}</Badge>}</td>
      <td className="overview-count">{findings === 0 ? '' : findings.toLocaleString('en')} {severity !== undefined && <Severity value={severity} />}</td>
      <td><Text value={[labels.confidentiality, ...labels.categories, ...(labels.untrusted ? [t('overview.untrusted')] : [])].filter(Boolean).join(', ')} /></td>
      <td><Time at={lastAt} /></td>
    </tr>
  );
}
