import type { ReactNode } from 'react';
import type { ConnectionRow, Connections as Answer } from '../../../src/control/connections/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<ConnectionRow>[] = [
  { id: 'server', title: t('people.server'), cell: ({ server }) => <Text value={server} line />, sort: ({ server }) => server },
  { id: 'principal', title: t('people.forWhom'), width: 2, cell: ({ principal }) => <Text value={principal} line />, sort: ({ principal }) => principal },
  { id: 'agent', title: t('people.agent'), cell: ({ agent }) => <Text value={agent} line />, sort: ({ agent }) => agent },
  { id: 'state', title: t('people.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'made', title: t('people.connected'), width: 'fit', cell: ({ connectedAt }) => <Time at={connectedAt} />, sort: ({ connectedAt }) => connectedAt },
];

/** Accounts that people connected at servers, for an agent to use. */
export function Connections(): ReactNode {
  const [view, change] = useView({ tab: 'agents', open: '' });
  const answer = useAsk<Answer>('/connections');
  return (
    <Asked of={answer}>
      {({ connections }) => {
        const open = connections.find(({ id }) => id === view.open);
        return (
          <Split side={open === undefined ? undefined : (
            <Drawer title={t('people.connection')} onClose={() => change({ open: '' })} actions={<End id={open.id} isOver={open.endedAt !== null} />}>
              <Facts rows={[
                [t('people.server'), <Text key="s" value={open.server} />], [t('people.forWhom'), <Text key="w" value={open.principal} />],
                [t('people.agent'), <Text key="a" value={open.agent} />], [t('people.provider'), <Text key="p" value={open.provider} mono />],
                [t('people.scopes'), <Text key="c" value={open.scopes.join(' ')} mono />], [t('people.connected'), <Moment key="m" at={open.connectedAt} />],
                [t('people.ended'), open.endedAt === null ? undefined : <Moment key="e" at={open.endedAt} />],
              ]} />
            </Drawer>
          )}>
            <Table label={t('people.connections')} rows={connections} columns={COLUMNS} id={({ id }) => id} openId={view.open}
              onOpen={({ id }) => change({ open: id })} empty={<Empty title={t('people.noConnections')}>{t('people.noConnectionsSays')}</Empty>} />
          </Split>
        );
      }}
    </Asked>
  );
}

function End({ id, isOver }: { readonly id: string; readonly isOver: boolean }): ReactNode {
  return (
    <Act label={t('people.end')} tone="danger" needs="change" disabled={isOver} method="DELETE" path={pathOf`/connections/${id}`} says={t('people.endSays')}
      command={() => ['connection', 'revoke', id]} />
  );
}
