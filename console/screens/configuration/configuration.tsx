import type { ReactNode } from 'react';
import type { ConfigurationShown } from '../../../src/control/configuration/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Empty, Facts, Page, Panel } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { ClientFiles } from './client-files.tsx';
import { Compare } from './compare.tsx';
import { ManifestTab } from './manifest.tsx';
import { Verify } from './verify.tsx';
import { VersionList } from './version-list.tsx';
import './configuration.css';

/** What is in force, every signed version of it, and the files of clients. */
export function Configuration(): ReactNode {
  const [view, change] = useView({ tab: 'versions' });
  const everywhere = useMay('read', 'organisation');
  const ofAll = (content: ReactNode): ReactNode => (everywhere ? content : <Empty title={t('configuration.elsewhere')} />);
  return (
    <Page title={t('configuration.title')} lead={t('configuration.lead')} actions={<Verify />}>
      {everywhere && <InForce />}
      <Tabs label={t('configuration.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'versions', title: t('configuration.versions'), content: () => ofAll(<VersionList />) },
        { id: 'compare', title: t('configuration.compare'), content: () => ofAll(<Compare />) },
        { id: 'manifest', title: t('configuration.manifest'), content: () => <ManifestTab /> },
        { id: 'files', title: t('configuration.files'), content: () => <ClientFiles /> },
      ]} />
    </Page>
  );
}

function InForce(): ReactNode {
  const answer = useAsk<ConfigurationShown>('/configuration', {}, { everyMs: 15_000, reach: 'organisation' });
  return (
    <Panel title={t('configuration.inForce')}>
      <Asked of={answer}>
        {({ head, problem, manifest }) => (
          <>
            {problem !== null && <p role="alert"><Badge tone="critical">{t('configuration.tampered')}</Badge> <Text value={problem} /></p>}
            <Facts rows={[
              [t('configuration.version'), head === null ? t('configuration.noVersion')
                : <span key="head"><To to={`/configuration/${head.number}`}>{t('configuration.numbered', { n: head.number })}</To>
                  {' '}<Text value={`${head.action} ${head.id}`} mono max={200} /> <Moment at={head.at} /></span>],
              [t('configuration.by'), head === null ? undefined : <Text key="by" value={head.author} max={200} />],
              [t('configuration.onDisk'), manifest === null ? t('configuration.noManifest') : <OnDisk key="disk" manifest={manifest} />],
            ]} />
          </>
        )}
      </Asked>
    </Panel>
  );
}

/** How the file that control was started with is to what is in force. */
function OnDisk({ manifest }: { readonly manifest: NonNullable<ConfigurationShown['manifest']> }): ReactNode {
  const { file, state, watched, origin, problem } = manifest;
  return (
    <>
      <Text value={file} mono max={300} /> <State value={state} /> {watched && <Badge tone="held">{t('configuration.watched')}</Badge>}
      {origin !== undefined && <p className="quiet">{t('configuration.changedBy')} <Text value={origin.owner} max={100} />, <Moment at={origin.changedAt} /></p>}
      {watched && <p className="quiet">{t('configuration.watchedSays')}</p>}
      {problem !== undefined && <p><Text value={problem} /></p>}
      {state === 'changed' && <><CommandLine words={['config', 'diff']} /><CommandLine words={['apply', '-f', file]} /></>}
    </>
  );
}
