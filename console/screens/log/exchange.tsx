import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { LogRecords } from '../../../src/control/audit/log-answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Asked, Empty, Page, Panel } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Proof } from './proof.tsx';
import { Evidence } from './record.tsx';
import './log.css';

const RECORDS_MAX = 1_000;

/** Everything on record of one exchange: one call with its answer, or one thing that an administrator did. */
export function Exchange(): ReactNode {
  const { exchange = '' } = useParams({ strict: false });
  const [{ names }] = useView({ names: '' });
  const answer = useAsk<LogRecords>('/audit/records', { exchange, order: 'oldest', limit: RECORDS_MAX, reveal: names });
  return (
    <Page title={t('log.oneExchange')} lead={<Text value={exchange} mono line />} actions={<To to="/log" button>{t('log.toLog')}</To>}>
      <Asked of={answer}>{({ records }) => (records.length === 0 ? <Empty title={t('log.none')} /> : (
        <>
          <Panel title={t('log.proof')}><Proof exchange={exchange} names={names} /></Panel>
          <Panel title={t('log.evidence')}><Evidence exchange={exchange} /></Panel>
          {records.map((record) => (
            <Panel key={record.position} title={record.event} actions={<Moment at={record.at} />}><Block value={record} /></Panel>
          ))}
        </>
      ))}</Asked>
    </Page>
  );
}
