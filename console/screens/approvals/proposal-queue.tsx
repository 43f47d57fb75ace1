import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ProposalRow, Proposals, ProposalShown } from '../../../src/control/proposals/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<ProposalRow>[] = [
  { id: 'state', title: t('approvals.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'what', title: t('approvals.wants'), width: 2, cell: ({ method, path }) => <Text value={`${method} ${path}`} mono line /> },
  { id: 'why', title: t('approvals.wide'), width: 2, cell: ({ reasons }) => <Text value={reasons.join('; ')} line /> },
  { id: 'who', title: t('approvals.who'), cell: ({ proposer }) => <Text value={proposer.id} line /> },
  { id: 'ends', title: t('approvals.ends'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** Changes that take two people: exactly what would be done. */
export function ProposalQueue({ answer }: { readonly answer: UseQueryResult<Proposals> }): ReactNode {
  const [view, change] = useView({ proposal: '' });
  return (
    <Asked of={answer}>
      {({ proposals }) => (
        <Split side={view.proposal === '' ? undefined : <Proposal id={view.proposal} onClose={() => change({ proposal: '' })} />}>
          <Table label={t('approvals.proposals')} rows={proposals} columns={COLUMNS} id={({ id }) => id} openId={view.proposal}
            onOpen={({ id }) => change({ proposal: id })} empty={<Empty title={t('approvals.noProposals')}>{t('approvals.noProposalsSays')}</Empty>} />
        </Split>
      )}
    </Asked>
  );
}

function Proposal({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const answer = useAsk<ProposalShown>(pathOf`/proposals/${id}`);
  return (
    <Drawer title={t('approvals.proposal')} onClose={onClose}>
      <Asked of={answer}>
        {({ state, method, path, params, query, body, digest, reasons, proposer, expiresAt, outcome }) => (
          <>
            {state === 'open' && (
              <div className="approvals-answers">
                <Act label={t('approvals.grant')} tone="primary" needs="approve" method="POST" path={pathOf`/proposals/${id}/approve`}
                  says={t('approvals.proposalSays')} body={() => ({ digest })} command={() => ['proposal', 'approve', id, '--digest', digest]} />
                <Act label={t('approvals.reject')} tone="danger" needs="approve" method="POST" path={pathOf`/proposals/${id}/reject`}
                  asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
                  command={({ reason = '' }) => ['proposal', 'reject', id, '--reason', reason]} />
              </div>
            )}
            <Facts rows={[
              [t('approvals.state'), <State key="state" value={state} />], [t('approvals.error'), outcome?.code],
              [t('approvals.wide'), <Text key="why" value={reasons.join('\n')} />], [t('approvals.who'), <Text key="who" value={proposer.id} />],
              [t('approvals.asked'), <Moment key="at" at={proposer.at} />], [t('approvals.ends'), <Moment key="ends" at={expiresAt} />],
            ]} />
            <h3>{t('approvals.text')}</h3>
            <Block value={{ method, path, params, query, body }} />
          </>
        )}
      </Asked>
    </Drawer>
  );
}
