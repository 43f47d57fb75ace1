import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ServerDiff, ServerShown } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { useKey } from '../../kit/keys.ts';
import { Asked, Page } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { To, useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Details } from './details.tsx';
import { Review } from './review.tsx';
import { Found } from './found.tsx';
import { Tools } from './tools.tsx';

/** One server: what is known of it, and what can be done about it. */
export function Server(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<ServerShown>(pathOf`/servers/${id}`);
  return (
    <Page title={id} lead={<To to="/servers">{t('servers.toAll')}</To>} actions={answer.data === undefined ? undefined : <Verbs server={answer.data} />}>
      <Asked of={answer}>{(server) => <Whole server={server} />}</Asked>
    </Page>
  );
}

function Whole({ server }: { readonly server: ServerShown }): ReactNode {
  const [view, change] = useView({ tab: '' });
  const { data } = useAsk<ServerDiff>(pathOf`/servers/${server.id}/diff`);
  const waits = server.candidate !== undefined || server.status === 'quarantined';
  useKey('a', t('servers.review'), () => change({ tab: 'review' }));
  return (
    <>
      <p className="servers-state"><State value={server.status} /> {server.reason !== undefined && <Text value={server.reason} />}</p>
      <Tabs label={server.id} open={view.tab === '' && waits ? 'review' : view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'tools', title: t('servers.tools'), count: (server.candidate ?? server.baseline)?.tools.length ?? 0, content: () => <Tools server={server} /> },
        { id: 'review', title: t('servers.review'), count: data?.drift.length ?? 0, content: () => <Review key={server.candidate?.digest} server={server} /> },
        { id: 'found', title: t('servers.found'), count: server.findings.length, content: () => <Found findings={server.findings} /> },
        { id: 'details', title: t('kit.details'), content: () => <Details server={server} /> },
      ]} />
    </>
  );
}

function Verbs({ server: { id, package: pin } }: { readonly server: ServerShown }): ReactNode {
  const go = useGo();
  return (
    <>
      <Act label={t('servers.remove')} tone="quiet" needs="change" method="DELETE" path={pathOf`/servers/${id}`} says={t('servers.removeSays')}
        command={() => ['server', 'remove', id]} onDone={() => go('/servers')} />
      {pin !== undefined && <Upgrade id={id} />}
      <Act label={t('servers.quarantine')} tone="danger" needs="stop" method="POST" path={pathOf`/servers/${id}/quarantine`} says={t('servers.quarantineSays')}
        asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
        command={({ reason = '' }) => ['server', 'quarantine', id, '--reason', reason]} />
      <Act label={t('servers.scan')} tone="primary" needs="change" method="POST" path={pathOf`/servers/${id}/scan`} says={t('servers.scanSays')}
        body={() => ({})} command={() => ['server', 'scan', id]} onDone={() => go(pathOf`/servers/${id}`, { tab: 'review' })} />
    </>
  );
}

interface Upgraded {
  readonly package: { readonly name: string; readonly version: string } | null;
  readonly changed: boolean;
  readonly filesChanged: number;
  readonly packages: readonly { readonly name: string; readonly before?: string; readonly after?: string }[];
  readonly warnings: readonly string[];
}

const dry = (values: Readonly<Record<string, string>>): boolean => values['dry'] === 'yes';

function Upgrade({ id }: { readonly id: string }): ReactNode {
  return (
    <Act<Upgraded> label={t('servers.upgrade')} needs="change" method="POST" path={pathOf`/servers/${id}/upgrade`} says={t('servers.upgradeSays')}
      asks={[
        { name: 'version', label: t('servers.version'), hint: t('servers.versionHint') },
        { name: 'dry', label: t('servers.dryRun'), kind: 'check', value: 'yes' },
      ]}
      body={(values) => ({ dryRun: dry(values), ...((values['version'] ?? '') === '' ? {} : { version: values['version'] }) })}
      command={(values) => [
        'server', 'upgrade', id, ...((values['version'] ?? '') === '' ? [] : ['--to', values['version'] ?? '']), ...(dry(values) ? ['--dry-run'] : []),
      ]}
      shows={({ package: pin, changed, filesChanged, packages, warnings }) => (
        <>
          <p>{pin !== null && <Text value={`${pin.name} ${pin.version}`} mono />} {changed ? t('servers.upgraded') : t('servers.notUpgraded')}</p>
          <p>{t('servers.filesChanged', { count: filesChanged })}</p>
          <ul>{packages.map(({ name, before = '–', after = '–' }) => <li key={name}><Text value={`${name}: ${before} → ${after}`} mono /></li>)}</ul>
          {warnings.map((one) => <p key={one}><Text value={one} /></p>)}
        </>
      )} />
  );
}
