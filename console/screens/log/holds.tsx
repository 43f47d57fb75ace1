import type { ReactNode } from 'react';
import type { Holds as Answer } from '../../../src/control/audit/log-answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';

type Hold = Answer['holds'][number];
const OF = ['person', 'exchange', 'context', 'server'] as const;

const COLUMNS: readonly Column<Hold>[] = [
  { id: 'of', title: t('log.holdOf'), width: 2, cell: (hold) => <Text value={OF.flatMap((name) => hold[name] ?? []).join(' · ') || t('log.holdAll')} line /> },
  { id: 'reason', title: t('kit.reason'), width: 2, cell: ({ reason }) => <Text value={reason} line /> },
  { id: 'by', title: t('log.by'), cell: ({ by }) => <Text value={by} line /> },
  {
    id: 'lift', title: t('log.lift'), width: 'fit', cell: ({ id }) => (
      <Act label={t('log.lift')} says={t('log.liftSays')} needs="govern" method="POST" path={pathOf`/audit/holds/${id}/lift`}
        asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
        command={({ reason = '' }) => ['audit', 'hold', 'lift', id, '--reason', reason]} />
    ),
  },
];

/** What is neither erased nor expires, whatever its retention says. */
export function Holds(): ReactNode {
  const answer = useAsk<Answer>('/audit/holds');
  return (
    <>
      <p className="log-verbs">
        <Act label={t('log.newHold')} says={t('log.newHoldSays')} tone="primary" needs="investigate" method="POST" path="/audit/holds"
          asks={[
            ...OF.map((name) => ({ name, label: t(`log.${name}`) })), { name: 'reason', label: t('kit.reason'), required: true },
          ]}
          body={({ reason, ...of }) => ({ reason, ...Object.fromEntries(Object.entries(of).filter(([, value]) => value !== '')) })}
          command={({ reason = '', ...of }) => [
            'audit', 'hold', 'add', ...Object.entries(of).flatMap(([name, value]) => (value === '' ? [] : [`--${name}`, value])), '--reason', reason,
          ]} />
      </p>
      <Asked of={answer}>{({ holds }) => (
        <Table label={t('log.holds')} rows={holds} columns={COLUMNS} id={({ id }) => id}
          empty={<Empty title={t('log.noHolds')}>{t('log.noHoldsSays')}</Empty>} />
      )}</Asked>
    </>
  );
}
