import type { ReactNode } from 'react';
import type { LogRecord } from '../../../src/control/audit/log-answer.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Facts } from '../../kit/page.tsx';
import { save } from '../../kit/save.ts';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { Proof } from './proof.tsx';

/** One record whole, with what can be done with its evidence. */
export function RecordView({ record, names }: { readonly record: LogRecord; readonly names: string }): ReactNode {
  const { position, at, event, category, exchange, context, node } = record;
  return (
    <>
      <Facts rows={[
        [t('log.event'), <Text key="event" value={event} mono />], [t('log.category'), category], [t('log.at'), <Moment key="at" at={at} />],
        [t('log.position'), position.toLocaleString('en')], [t('log.writer'), <Text key="node" value={node} />],
        [t('log.exchange'), exchange === '' ? undefined : <To key="exchange" to={pathOf`/log/${exchange}`}>{exchange}</To>],
        [t('log.session'), context === undefined ? undefined : <To key="session" to={pathOf`/sessions/${context}`}>{t('log.toSession')}</To>],
      ]} />
      {exchange === '' ? <p className="quiet">{t('log.noExchange')}</p> : (
        <>
          <Proof exchange={exchange} position={position} names={names} />
          <Evidence exchange={exchange} />
        </>
      )}
      <h3>{t('log.whole')}</h3>
      <Block value={record} />
    </>
  );
}

/** What is done with the evidence of one exchange; each is on record itself. */
export function Evidence({ exchange }: { readonly exchange: string }): ReactNode {
  const reason = { name: 'reason', label: t('kit.reason'), required: true } as const;
  return (
    <p className="log-verbs">
      <Act<{ readonly tar: string }> label={t('log.export')} says={t('log.exportSays')} needs="investigate" method="POST" path="/audit/bundle"
        body={() => ({ exchanges: [exchange], tar: true })} command={() => ['audit', 'bundle', '--exchange', exchange, '--out', `${exchange}.tar`]}
        shows={({ tar }) => (
          <>
            <Button tone="primary" onClick={() => save(`${exchange}.tar`, tar)}>{t('log.save')}</Button>
            <CommandLine words={['audit', 'verify-bundle', `${exchange}.tar`]} />
          </>
        )} />
      <Act label={t('log.hold')} says={t('log.holdSays')} needs="investigate" method="POST" path="/audit/holds" asks={[reason]}
        body={(values) => ({ exchange, reason: values['reason'] })}
        command={(values) => ['audit', 'hold', 'add', '--exchange', exchange, '--reason', values['reason'] ?? '']} />
      <Act<{ readonly bodies: readonly unknown[] }> label={t('log.payload')} says={t('log.payloadSays')} needs="investigate" method="POST" path="/audit/body"
        asks={[reason]} body={(values) => ({ exchange, reason: values['reason'] })}
        command={(values) => ['audit', 'body', exchange, '--reason', values['reason'] ?? '']}
        shows={({ bodies }) => (bodies.length === 0 ? <p>{t('log.noPayload')}</p> : <Block value={bodies} />)} />
    </p>
  );
}
