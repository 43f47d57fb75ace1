import type { ReactNode } from 'react';
import type { Vendors as Answer, VendorRow } from '../../../src/control/vendors/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Badge } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Page } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Compare } from './compare.tsx';
import './vendors.css';

const COLUMNS: readonly Column<VendorRow>[] = [
  { id: 'name', title: t('vendors.vendor'), width: 2, cell: ({ name }) => <Text value={name} line />, sort: ({ name }) => name },
  {
    id: 'score', title: t('vendors.score'), width: 'fit', align: 'right', sort: ({ score }) => score,
    cell: ({ score, grade }) => t('vendors.scoreOf', { score, grade }),
  },
  { id: 'confidence', title: t('vendors.confidence'), width: 'fit', align: 'right', cell: ({ confidence }) => `${confidence} %`,
    sort: ({ confidence }) => confidence },
  {
    id: 'standing', title: t('vendors.standing'), width: 'fit', sort: ({ disclosed }) => (disclosed ? 1 : 0),
    cell: ({ disclosed, submitted }) => (
      <>
        {disclosed ? <Badge tone="good">{t('vendors.disclosed')}</Badge> : <Badge tone="bad">{t('vendors.undisclosed')}</Badge>}
        {' '}{submitted && <Badge tone="info">{t('vendors.waits')}</Badge>}
      </>
    ),
  },
  { id: 'due', title: t('vendors.due'), width: 'fit', cell: ({ dueAt }) => (dueAt === undefined ? t('vendors.now') : <Time at={dueAt} />),
    sort: ({ dueAt = 0 }) => dueAt },
  { id: 'why', title: t('vendors.why'), width: 2, cell: ({ due }) => <Text value={due} line /> },
  { id: 'servers', title: t('vendors.servers'), width: 'fit', align: 'right', cell: ({ servers }) => servers, sort: ({ servers }) => servers },
];

/** Vendors of the space: how each stands, and when somebody must vouch for it anew. */
export function Vendors(): ReactNode {
  const [view, change] = useView({ q: '', one: '', other: '' });
  const answer = useAsk<Answer>('/vendors');
  const go = useGo();
  return (
    <Page title={t('vendors.title')} lead={t('vendors.lead')}>
      <Filters view={view} onChange={change} text="q" />
      <Asked of={answer}>
        {({ vendors }) => (
          <>
            <Table label={t('vendors.title')} columns={COLUMNS} id={({ id }) => id} onOpen={({ id }) => go(pathOf`/vendors/${id}`)}
              rows={vendors.filter(({ id, name, owner }) => `${id} ${name} ${owner}`.toLowerCase().includes(view.q.toLowerCase()))}
              empty={<Empty title={t('vendors.none')}>{t('vendors.noneSays')}</Empty>} />
            {vendors.length > 1 && <Compare vendors={vendors} one={view.one} other={view.other} onChange={change} />}
          </>
        )}
      </Asked>
    </Page>
  );
}
