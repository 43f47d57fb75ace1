import type { ReactNode } from 'react';
import type { Approvals as Calls } from '../../../src/control/approvals/answer.ts';
import type { Proposals } from '../../../src/control/proposals/answer.ts';
import type { Quarantine } from '../../../src/control/quarantine/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { Page } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { AnswerQueue } from './answer-queue.tsx';
import { CallQueue } from './call-queue.tsx';
import { ProposalQueue } from './proposal-queue.tsx';

/** What waits for a person: calls, changes that take two, answers that are withheld. */
export function Approvals(): ReactNode {
  const [view, change] = useView({ tab: 'calls' });
  const mayApprove = useMay('approve');
  const calls = useAsk<Calls>('/approvals', {}, { when: mayApprove });
  const proposals = useAsk<Proposals>('/proposals');
  const answers = useAsk<Quarantine>('/quarantine', {}, { when: mayApprove });
  const waiting = {
    calls: calls.data?.approvals.filter(({ state }) => state === 'pending').length ?? 0,
    proposals: proposals.data?.proposals.filter(({ state }) => state === 'open').length ?? 0,
    answers: answers.data?.quarantined.filter(({ state }) => state === 'held').length ?? 0,
  };
  return (
    <Page title={t('approvals.title')} lead={t('approvals.lead')}>
      <Tabs label={t('approvals.title')} open={mayApprove ? view.tab : 'proposals'} onOpen={(tab) => change({ tab })} tabs={[
        ...(mayApprove ? [
          { id: 'calls', title: t('approvals.calls'), count: waiting.calls, content: () => <CallQueue answer={calls} /> },
          { id: 'answers', title: t('approvals.answers'), count: waiting.answers, content: () => <AnswerQueue answer={answers} /> },
        ] : []),
        { id: 'proposals', title: t('approvals.proposals'), count: waiting.proposals, content: () => <ProposalQueue answer={proposals} /> },
      ]} />
    </Page>
  );
}
