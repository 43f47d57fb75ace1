import type { UseQueryResult } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApprovalRow, Approvals } from '../../../src/control/approvals/answer.ts';
import { pathOf } from '../../api/client.ts';
import { State } from '../../kit/badge.tsx';
import { Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Call } from './call.tsx';

const COLUMNS: readonly Column<ApprovalRow>[] = [
  { id: 'state', title: t('approvals.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'what', title: t('approvals.wants'), width: 2, cell: ({ server, name }) => <Text value={`${server}/${name}`} line />, sort: ({ server }) => server },
  { id: 'effect', title: t('approvals.effect'), cell: ({ effect }) => (effect === null ? '' : tWord('effect', effect)), sort: ({ effect }) => effect ?? '' },
  { id: 'who', title: t('approvals.who'), width: 2, cell: ({ agent, principal }) => <Text value={`${agent} · ${principal}`} line /> },
  { id: 'needs', title: t('approvals.needs'), cell: ({ needs }) => <Text value={needs.join(', ')} line /> },
  { id: 'asked', title: t('approvals.asked'), width: 'fit', cell: ({ askedAt }) => <Time at={askedAt} />, sort: ({ askedAt }) => askedAt },
  { id: 'ends', title: t('approvals.ends'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** Calls that policy leaves to people; one opens beside the queue, with every byte that would run. */
export function CallQueue({ answer }: { readonly answer: UseQueryResult<Approvals> }): ReactNode {
  const { id } = useParams({ strict: false });
  const [view, change] = useView({ state: 'open' });
  const navigate = useNavigate();
  const open = (next: string): void => void navigate({ to: next === '' ? '/approvals' : pathOf`/approvals/${next}`, search: true });
  return (
    <Asked of={answer}>
      {({ approvals }) => (
        <>
          <Filters view={view} onChange={change} choices={[{
            name: 'state', label: t('approvals.show'),
            choices: [['open', t('approvals.open')], ['all', t('approvals.all')]],
          }]} />
          <Split side={id === undefined ? undefined : <Call key={id} id={id} onClose={() => open('')} />}>
            <Table label={t('approvals.calls')} rows={approvals.filter(({ state }) => view.state === 'all' || state === 'pending' || state === 'granted')}
              columns={COLUMNS} id={(row) => row.id} openId={id} onOpen={(row) => open(row.id)}
              empty={<Empty title={t('approvals.none')}>{t('approvals.noneSays')}</Empty>} />
          </Split>
        </>
      )}
    </Asked>
  );
}
