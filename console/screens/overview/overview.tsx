import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import type { Overview } from '../../../src/control/overview/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Loading, Page, Panel } from '../../kit/page.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Activity } from './activity.tsx';
import { FlowTable } from './flow-table.tsx';
import { Guide } from './guide.tsx';
import { Needs } from './needs.tsx';
import { Posture } from './posture.tsx';
import './overview.css';

// The picture is the heaviest part, and nobody waits for it to read the rest.
const FlowMap = lazy(async () => ({ default: (await import('./flow-map.tsx')).FlowMap }));

/** Some of it is told by no event: what became due, who went silent. */
const EVERY_MS = 10_000;
const PERIODS = ['1h', '24h', '7d', '30d'] as const;

/** The first screen: how things stand, who calls what, and what waits for a person. */
export function OverviewPage(): ReactNode {
  const [view, change] = useView({ period: '24h' });
  const answer = useAsk<Overview>('/overview', { period: view.period }, { everyMs: EVERY_MS });
  return (
    <Page title={t('overview.title')} lead={t('overview.lead')} actions={(
      <Filters view={view} onChange={change} choices={[
        { name: 'period', label: t('overview.period'), choices: PERIODS.map((period) => [period, t(`overview.period-${period}`)]) },
      ]} />
    )}>
      <Asked of={answer}>{(overview) => <Parts overview={overview} />}</Asked>
    </Page>
  );
}

function Parts({ overview }: { readonly overview: Overview }): ReactNode {
  const { map, missing } = overview;
  const mayAudit = useMay('audit');
  const hasCalls = map?.edges.some(({ calls, denials }) => calls + denials > 0) ?? false;
  return (
    <>
      {missing.length > 0 && (
        <div className="problem problem-held" role="alert">{t('overview.missing', { parts: missing.map((part) => tWord('place', part)).join(', ') })}</div>
      )}
      {overview.begun !== undefined && <Guide key={overview.space} begun={overview.begun} />}
      <Posture overview={overview} />
      <div className="overview-main">
        <Panel title={t('overview.map')} flush>
          {map === undefined ? <Empty title={t('overview.noMap')}>{t('overview.noMapSays')}</Empty>
            : !hasCalls ? <Empty title={t('overview.noFlow')}>{t('overview.noFlowSays')}</Empty>
              : <Suspense fallback={<Loading />}><FlowMap map={map} /></Suspense>}
        </Panel>
        <Needs overview={overview} />
      </div>
      {map !== undefined && hasCalls && <div className="overview-main"><FlowTable map={map} />{mayAudit && <Activity />}</div>}
    </>
  );
}
