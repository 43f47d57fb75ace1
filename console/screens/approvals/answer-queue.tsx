import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Quarantine, QuarantinedRow, QuarantinedShown } from '../../../src/control/quarantine/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { Severity, State } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<QuarantinedRow>[] = [
  { id: 'state', title: t('approvals.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'from', title: t('approvals.from'), width: 2, cell: ({ server, name }) => <Text value={`${server}/${name}`} line /> },
  { id: 'who', title: t('approvals.who'), width: 2, cell: ({ agent, principal }) => <Text value={`${agent} · ${principal}`} line /> },
  {
    id: 'found', title: t('approvals.findings'),
    cell: ({ findings: [first] }) => (first === undefined ? '' : <><Severity value={first.severity} /> {first.rule}</>),
  },
  { id: 'at', title: t('approvals.asked'), width: 'fit', cell: ({ at }) => <Time at={at} />, sort: ({ at }) => at },
  { id: 'ends', title: t('approvals.ends'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** Answers that policy withholds until a person has looked. */
export function AnswerQueue({ answer }: { readonly answer: UseQueryResult<Quarantine> }): ReactNode {
  const [view, change] = useView({ answer: '' });
  return (
    <Asked of={answer}>
      {({ quarantined }) => {
        const open = quarantined.find(({ id }) => id === view.answer);
        return (
          <Split side={open === undefined ? undefined : <Answer key={open.id} row={open} onClose={() => change({ answer: '' })} />}>
            <Table label={t('approvals.answers')} rows={quarantined} columns={COLUMNS} id={({ id }) => id} openId={view.answer}
              onOpen={({ id }) => change({ answer: id })} empty={<Empty title={t('approvals.noAnswers')}>{t('approvals.noAnswersSays')}</Empty>} />
          </Split>
        );
      }}
    </Asked>
  );
}

function Answer({ row, onClose }: { readonly row: QuarantinedRow; readonly onClose: () => void }): ReactNode {
  const { id, state, server, name, agent, principal, exchange, at, expiresAt, findings, policies } = row;
  const [opened, setOpened] = useState(false);
  const mayOpen = useMay('investigate');
  const asks = [{ name: 'reason', label: t('kit.reason'), required: true }];
  return (
    <Drawer title={t('approvals.answer')} onClose={onClose}>
      {state === 'held' && (
        <div className="approvals-answers">
          <Act label={t('approvals.release')} tone="primary" needs="approve" method="POST" path={pathOf`/quarantine/${id}/release`} asks={asks}
            says={t('approvals.releaseSays')} body={({ reason }) => ({ reason })}
            command={({ reason = '' }) => ['quarantine', 'release', id, '--reason', reason]} />
          <Act label={t('approvals.drop')} tone="danger" needs="approve" method="POST" path={pathOf`/quarantine/${id}/drop`} asks={asks}
            says={t('approvals.dropSays')} body={({ reason }) => ({ reason })} command={({ reason = '' }) => ['quarantine', 'drop', id, '--reason', reason]} />
        </div>
      )}
      <Facts rows={[
        [t('approvals.state'), <State key="state" value={state} />], [t('approvals.from'), <Text key="from" value={`${server}/${name}`} mono />],
        [t('approvals.agent'), <Text key="agent" value={agent} />], [t('approvals.who'), <Text key="who" value={principal} />],
        [t('approvals.asked'), <Moment key="at" at={at} />], [t('approvals.ends'), <Moment key="ends" at={expiresAt} />],
        [t('approvals.policy'), <Text key="policies" value={policies.join(', ')} />], [t('approvals.exchange'), <Text key="exchange" value={exchange} mono />],
        [t('approvals.findings'), findings.map((one) => <div key={one.rule}><Severity value={one.severity} /> {one.detector}/{one.rule}</div>)],
      ]} />
      {opened ? <Whole id={id} /> : <p><Button disabled={!mayOpen} onClick={() => setOpened(true)}>{t('approvals.openAnswer')}</Button></p>}
    </Drawer>
  );
}

/** Asked only when somebody wants to see it: that it was opened is on record. */
function Whole({ id }: { readonly id: string }): ReactNode {
  const answer = useAsk<QuarantinedShown>(pathOf`/quarantine/${id}`);
  return <Asked of={answer}>{({ answer: said }) => <Block value={said} />}</Asked>;
}
