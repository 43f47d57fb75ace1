import type { ReactNode } from 'react';
import type { UnknownClients } from '../../../src/control/agents/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Asked, Empty, Facts, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';
import { Register } from './register.tsx';

/** Clients that knocked and are no agent; nothing of theirs was let through. */
export function Unknown(): ReactNode {
  const answer = useAsk<UnknownClients>('/agents/unknown');
  return (
    <Asked of={answer}>
      {({ unknown }) => (unknown.length === 0
        ? <Empty title={t('people.noUnknown')}>{t('people.noUnknownSays')}</Empty> : unknown.map(({ id, client, ...seen }) => (
        <Panel key={id} title={t('people.unknownClient')} actions={<Register client={client} />}>
          <Facts rows={[
            [t('people.client'), <Text key="c" value={client} mono />], [t('people.behind'), <Text key="p" value={seen.principal} mono />],
            [t('people.firstSeen'), <Moment key="f" at={seen.firstAt} />], [t('people.lastSeen'), <Moment key="l" at={seen.lastAt} />],
            [t('people.reports'), seen.reports.toLocaleString('en')],
          ]} />
        </Panel>
      )))}
    </Asked>
  );
}
