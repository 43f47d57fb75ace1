import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ServerRow } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Asked, Facts, Page, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';

/** One server: what is known of it, and what can be done about it. */
export function Server(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<ServerRow>(pathOf`/servers/${id}`);
  return (
    <Page title={id} actions={<Quarantine id={id} />}>
      <Asked of={answer}>
        {(server) => (
          <Panel title={t('kit.details')}>
            <Facts rows={[
              [t('servers.status'), <State key="status" value={server.status} />],
              [t('servers.endpoint'), <Text key="endpoint" value={server.endpoint} mono />],
              [t('servers.owner'), <Text key="owner" value={server.owner} />], [t('servers.tier'), server.tier],
            ]} />
          </Panel>
        )}
      </Asked>
    </Page>
  );
}

function Quarantine({ id }: { readonly id: string }): ReactNode {
  return (
    <Act label={t('servers.quarantine')} tone="danger" needs="stop" method="POST" path={pathOf`/servers/${id}/quarantine`} says={t('servers.quarantineSays')}
      asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
      command={({ reason = '' }) => ['server', 'quarantine', id, '--reason', reason]} />
  );
}
