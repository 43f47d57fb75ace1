import type { ReactNode } from 'react';
import type { ServerRow, Servers as Answer } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Page } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Enrol } from './enrol.tsx';
import { Toolsets } from './toolsets.tsx';

const COLUMNS: readonly Column<ServerRow>[] = [
  { id: 'id', title: t('servers.id'), cell: ({ id }) => <Text value={id} line />, sort: ({ id }) => id },
  {
    id: 'status', title: t('servers.status'), sort: ({ status }) => status,
    cell: ({ status, drift, refused, contained }) => <>
      <State value={status} />{drift && <> <Badge tone="held">{t('servers.drift')}</Badge></>}
      {refused && <> <Badge tone="bad">{t('servers.refused')}</Badge></>}
      {contained === true && <> <Badge tone="bad">{t('servers.contained')}</Badge></>}</>,
  },
  { id: 'tools', title: t('servers.tools'), align: 'right', width: 'fit', cell: ({ tools }) => tools ?? '', sort: ({ tools }) => tools ?? 0 },
  { id: 'endpoint', title: t('servers.endpoint'), width: 2, cell: ({ endpoint }) => <Text value={endpoint} mono line /> },
  { id: 'owner', title: t('servers.owner'), cell: ({ owner }) => <Text value={owner} line />, sort: ({ owner }) => owner ?? '' },
];

/** Every server of the space, one as a page of its own; and the toolsets made of them. */
export function Servers(): ReactNode {
  const [view, change] = useView({ tab: 'list' });
  return (
    <Page title={t('servers.title')} lead={t('servers.lead')} actions={<Enrol />}>
      <Tabs label={t('servers.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'list', title: t('servers.list'), content: () => <List /> }, { id: 'toolsets', title: t('servers.toolsets'), content: () => <Toolsets /> },
      ]} />
    </Page>
  );
}

function List(): ReactNode {
  const [view, change] = useView({ q: '' });
  const answer = useAsk<Answer>('/servers');
  const go = useGo();
  return (
    <>
      <Filters view={view} onChange={change} text="q" />
      <Asked of={answer}>
        {({ servers }) => (
          <Table label={t('servers.title')} rows={servers.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id}
            onOpen={({ id }) => go(pathOf`/servers/${id}`)}
            empty={<Empty title={t('servers.none')}>{t('servers.noneSays')}</Empty>} />
        )}
      </Asked>
    </>
  );
}

function isFound({ id, endpoint, owner }: ServerRow, typed: string): boolean {
  return `${id} ${endpoint} ${owner ?? ''}`.toLowerCase().includes(typed.toLowerCase());
}
