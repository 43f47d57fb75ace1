import type { ReactNode } from 'react';
import type { SessionList } from '../../../src/control/audit/answer.ts';
import { pathOf } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { Badge, Severity } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Empty, Loading, Page, Problem } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Carried } from './carried.tsx';

type Row = SessionList['sessions'][number];

const COLUMNS: readonly Column<Row>[] = [
  { id: 'agent', title: t('sessions.agent'), cell: ({ agent }) => <Text value={agent} line /> },
  { id: 'principal', title: t('sessions.principal'), cell: ({ principal }) => <Text value={principal} line /> },
  { id: 'servers', title: t('sessions.servers'), width: 2, cell: ({ servers }) => <Text value={servers.map(({ server }) => server).join(', ')} line /> },
  { id: 'calls', title: t('sessions.calls'), align: 'right', width: 'fit', cell: ({ calls }) => calls.toLocaleString('en') },
  {
    id: 'denied', title: t('sessions.denied'), align: 'right', width: 'fit',
    cell: ({ denials }) => (denials === 0 ? '' : <Badge tone="bad">{denials}</Badge>),
  },
  { id: 'held', title: t('sessions.held'), align: 'right', width: 'fit', cell: ({ held }) => (held === 0 ? '' : <Badge tone="held">{held}</Badge>) },
  { id: 'carries', title: t('sessions.carries'), width: 1.6, cell: ({ labels }) => <Carried labels={labels} /> },
  {
    id: 'findings', title: t('sessions.findings'), width: 'fit',
    cell: ({ findings, severity }) => (findings === 0 ? '' : <>{findings} <Severity value={severity ?? 'info'} /></>),
  },
  { id: 'last', title: t('sessions.last'), width: 'fit', cell: ({ lastAt }) => <Time at={lastAt} /> },
];

/** What each agent did for somebody, in sum: the latest first, as many as there are. */
export function Sessions(): ReactNode {
  const [view, change] = useView({ text: '', remarkable: '', agent: '', server: '' });
  const go = useGo();
  const { rows, loading, error, see } = usePages<SessionList, Row>(
    '/audit/sessions', view, ({ sessions }) => sessions, ({ total, sessions }) => total ?? sessions.length,
  );
  return (
    <Page title={t('sessions.title')} lead={t('sessions.lead')}>
      <Filters view={view} onChange={change} text="text"
        choices={[{ name: 'remarkable', label: t('sessions.show'), choices: [['', t('sessions.all')], ['true', t('sessions.remarkable')]] }]}>
        <span className="quiet" role="status">{t('sessions.count', { count: rows.length })}</span>
      </Filters>
      {error !== null && <Problem error={error} />}
      {loading ? <Loading /> : (
        <Table label={t('sessions.title')} rows={rows} columns={COLUMNS} id={({ context }) => context} onSee={see}
          onOpen={({ context }) => go(pathOf`/sessions/${context}`)} empty={<Empty title={t('sessions.none')}>{t('sessions.noneSays')}</Empty>} />
      )}
    </Page>
  );
}
