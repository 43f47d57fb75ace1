import type { ReactNode } from 'react';
import type { RedteamRuns, RunRow } from '../../../src/control/redteam/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Badge } from '../../kit/badge.tsx';
import { Asked, Empty, Page, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { span, Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import { Command } from './command.tsx';
import './redteam.css';

const COLUMNS: readonly Column<RunRow>[] = [
  { id: 'at', title: t('redteam.at'), width: 'fit', cell: ({ startedAt }) => <Time at={startedAt} />, sort: ({ startedAt }) => startedAt },
  { id: 'source', title: t('redteam.source'), width: 2, cell: ({ source }) => tWord('redteam', `source-${source}`), sort: ({ source }) => source },
  { id: 'agent', title: t('redteam.agent'), cell: ({ agent }) => <Text value={agent} line /> },
  ...(['prevented', 'detected', 'missed', 'void'] as const).map((outcome): Column<RunRow> => ({
    id: outcome, title: t(`redteam.${outcome}`), width: 'fit', align: 'right', cell: (row) => row[outcome], sort: (row) => row[outcome],
  })),
  { id: 'judged', title: t('redteam.judged'), width: 'fit', cell: (row) => <Judged row={row} />, sort: ({ red, regressed }) => red + regressed },
  { id: 'took', title: t('redteam.took'), width: 'fit', align: 'right', cell: ({ startedAt, endedAt }) => span(endedAt - startedAt) },
];

/** Rehearsals of attacks, the newest first. */
export function Runs(): ReactNode {
  const answer = useAsk<RedteamRuns>('/redteam/runs');
  const go = useGo();
  return (
    <Page title={t('redteam.title')} lead={t('redteam.lead')}>
      <Panel title={t('redteam.runOne')}><Command /></Panel>
      <Asked of={answer}>
        {({ runs }) => (
          <Table label={t('redteam.title')} rows={runs} columns={COLUMNS} id={({ id }) => id} onOpen={({ id }) => go(pathOf`/redteam/${id}`)}
            empty={<Empty title={t('redteam.none')}>{t('redteam.noneSays')}</Empty>} />
        )}
      </Asked>
    </Page>
  );
}

function Judged({ row: { red, regressed } }: { readonly row: RunRow }): ReactNode {
  if (red === 0 && regressed === 0) return <Badge tone="good">{t('redteam.asClaimed')}</Badge>;
  return (
    <>
      {red > 0 && <Badge tone="bad">{t('redteam.redOf', { count: red })}</Badge>}
      {' '}{regressed > 0 && <Badge tone="held">{t('redteam.worse', { count: regressed })}</Badge>}
    </>
  );
}
