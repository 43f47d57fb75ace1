import type { ReactNode } from 'react';
import type { ServerRow, Servers as Answer } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Page } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<ServerRow>[] = [
  { id: 'id', title: t('servers.id'), cell: ({ id }) => <Text value={id} line />, sort: ({ id }) => id },
  {
    id: 'status', title: t('servers.status'), sort: ({ status }) => status,
    cell: ({ status, drift }) => <><State value={status} />{drift && <> <Badge tone="held">{t('servers.drift')}</Badge></>}</>,
  },
  { id: 'tools', title: t('servers.tools'), align: 'right', width: 'fit', cell: ({ tools }) => tools ?? '', sort: ({ tools }) => tools ?? 0 },
  { id: 'endpoint', title: t('servers.endpoint'), width: 2, cell: ({ endpoint }) => <Text value={endpoint} mono line /> },
  { id: 'owner', title: t('servers.owner'), cell: ({ owner }) => <Text value={owner} line />, sort: ({ owner }) => owner ?? '' },
];

/** Every server of the space; one opens as a page of its own. */
export function Servers(): ReactNode {
  const [view, change] = useView({ q: '' });
  const answer = useAsk<Answer>('/servers');
  const go = useGo();
  return (
    <Page title={t('servers.title')} lead={t('servers.lead')}>
      <Filters view={view} onChange={change} text="q" />
      <Asked of={answer}>
        {({ servers }) => (
          <Table label={t('servers.title')} rows={servers.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id}
            onOpen={({ id }) => go(pathOf`/servers/${id}`)}
            empty={<Empty title={t('servers.none')}>{t('servers.noneSays')}</Empty>} />
        )}
      </Asked>
    </Page>
  );
}

function isFound({ id, endpoint, owner }: ServerRow, typed: string): boolean {
  return `${id} ${endpoint} ${owner ?? ''}`.toLowerCase().includes(typed.toLowerCase());
}
