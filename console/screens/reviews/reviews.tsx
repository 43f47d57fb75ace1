import type { ReactNode } from 'react';
import type { ReviewItems, ReviewRow, Reviews as Answer } from '../../../src/control/reviews/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Asked, Empty, Page, Panel } from '../../kit/page.tsx';
import { HeatMap } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Items } from './items.tsx';
import './reviews.css';

const asked = ({ checks }: ReviewRow): number => Object.values(checks).reduce((sum, count) => sum + count, 0);

const COLUMNS: readonly Column<ReviewRow>[] = [
  { id: 'title', title: t('reviews.campaign'), width: 3, cell: ({ title }) => <Text value={title} line />, sort: ({ title }) => title },
  { id: 'state', title: t('reviews.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'items', title: t('reviews.items'), width: 'fit', align: 'right', cell: asked, sort: asked },
  { id: 'opened', title: t('reviews.opened'), width: 'fit', cell: ({ openedAt }) => <Time at={openedAt} />, sort: ({ openedAt }) => openedAt },
  { id: 'due', title: t('reviews.due'), width: 'fit', cell: ({ dueAt }) => <Time at={dueAt} />, sort: ({ dueAt }) => dueAt },
];

/** What who is signed in has to answer, and campaigns with their trend. */
export function Reviews(): ReactNode {
  const [view, change] = useView({ tab: 'mine' });
  const mine = useAsk<ReviewItems>('/reviews/mine');
  const reads = useMay('read');
  return (
    <Page title={t('reviews.title')} lead={t('reviews.lead')} actions={<Open />}>
      <Tabs label={t('reviews.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'mine', title: t('reviews.mine'), count: mine.data?.items.length ?? 0, content: () => <Items of={mine} /> },
        ...(reads ? [{ id: 'campaigns', title: t('reviews.campaigns'), content: () => <Campaigns /> }] : []),
      ]} />
    </Page>
  );
}

function Campaigns(): ReactNode {
  const answer = useAsk<Answer>('/reviews');
  const go = useGo();
  return (
    <Asked of={answer}>
      {({ reviews, trend }) => (
        <>
          <Table label={t('reviews.campaigns')} rows={reviews} columns={COLUMNS} id={({ id }) => id} onOpen={({ id }) => go(pathOf`/reviews/${id}`)}
            empty={<Empty title={t('reviews.none')}>{t('reviews.noneSays')}</Empty>} />
          {trend.length > 0 && <Panel title={t('reviews.trend')}><Trend trend={trend} /></Panel>}
        </>
      )}
    </Asked>
  );
}

/** How many items each check asked about, campaign by campaign, the oldest first. */
function Trend({ trend }: Pick<Answer, 'trend'>): ReactNode {
  const checks = [...new Set(trend.flatMap((one) => Object.keys(one.checks)))].toSorted();
  const columns = trend.map(({ openedAt }) => new Date(openedAt).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' '));
  return <HeatMap label={t('reviews.trend')} heat={{ rows: checks, columns, at: (row, column) => trend[column]?.checks[checks[row] ?? ''] ?? 0 }} />;
}

function Open(): ReactNode {
  return (
    <Act label={t('reviews.open')} tone="primary" needs="change" method="POST" path="/reviews" says={t('reviews.openSays')}
      asks={[
        { name: 'title', label: t('reviews.campaign'), required: true },
        { name: 'days', label: t('reviews.days'), kind: 'number', value: '14', required: true },
        { name: 'group', label: t('reviews.standIns'), hint: t('reviews.standInsHint') },
      ]}
      body={({ title, days, group = '' }) => ({ title, dueInDays: Number(days), ...(group === '' ? {} : { standIns: { group } }) })}
      command={({ title = '', days = '', group = '' }) =>
        ['review', 'open', '--title', title, '--due', days, ...(group === '' ? [] : ['--stand-ins', `group:${group}`])]} />
  );
}
