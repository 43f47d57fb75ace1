import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Comparison, ConfigurationShown, VersionShown } from '../../../src/control/configuration/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge } from '../../kit/badge.tsx';
import { Asked, Facts, Page, Panel } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To, useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { Differences, Permits } from './differences.tsx';
import './configuration.css';

/** One version: who changed what, when and why; what it says; and the way back to it. */
export function VersionPage(): ReactNode {
  const { number = '' } = useParams({ strict: false });
  const answer = useAsk<VersionShown>(pathOf`/configuration/versions/${number}`, {}, { reach: 'organisation' });
  return (
    <Page title={t('configuration.versionPage')} lead={<To to="/configuration">{t('configuration.toAll')}</To>} actions={<RollBack number={number} />}>
      <Asked of={answer}>
        {(version) => (
          <>
            <Panel title={t('configuration.numbered', { n: version.number })}><Details version={version} /></Panel>
            <Panel title={t('configuration.differences')}><Differences differences={version.differences} /></Panel>
            <Panel title={t('configuration.manifestAfter')}>
              <Block value={version.manifestAfter} max={60_000} />
              {version.policies.map(({ file, text }) => <details key={file}><summary><Text value={file} mono max={200} /></summary><Block value={text} /></details>)}
            </Panel>
          </>
        )}
      </Asked>
    </Page>
  );
}

function Details({ version }: { readonly version: VersionShown }): ReactNode {
  const { number, action, id, author, via, approvers, reason, at, space, changes, digest, previous, restores, accepted, manifest } = version;
  return (
    <Facts rows={[
      [t('configuration.what'), <Text key="what" value={`${action} ${id}`} mono />],
      [t('configuration.why'), reason === undefined ? undefined : <Text key="why" value={reason} />],
      [t('configuration.by'), <span key="by"><Text value={author} max={300} /> <span className="quiet"><Text value={via} max={60} /></span></span>],
      [t('configuration.approvers'), approvers.length === 0 ? undefined : <Text key="app" value={approvers.join(', ')} />],
      [t('configuration.at'), <Moment key="at" at={at} />], [t('configuration.space'), <Text key="space" value={space} />],
      [t('configuration.changes'), changes],
      [t('configuration.kind'), accepted === true ? <Badge key="acc" tone="bad">{t('configuration.accepted')}</Badge>
        : restores === undefined ? undefined : <To key="res" to={`/configuration/${restores}`}>{t('configuration.restores', { n: restores })}</To>],
      [t('configuration.fromFile'), manifest === undefined ? undefined
        : <span key="file"><Text value={manifest.file} mono max={300} /> {manifest.origin !== undefined && <Text value={manifest.origin.owner} max={100} />}</span>],
      [t('configuration.digest'), <Text key="digest" value={digest} mono />], [t('configuration.previous'), <Text key="prev" value={previous} mono />],
      [t('configuration.before'), number === 1 ? undefined
        : <To key="older" to={`/configuration/${number - 1}`}>{t('configuration.numbered', { n: number - 1 })}</To>],
    ]} />
  );
}

/** What would come back is shown before anything does; it becomes a new version like any other. */
function RollBack({ number }: { readonly number: string }): ReactNode {
  const go = useGo();
  const { data } = useAsk<ConfigurationShown>('/configuration', {}, { reach: 'organisation' });
  const head = data?.head?.number;
  return (
    <Act label={t('configuration.rollBack')} tone="danger" needs="change" method="POST" path="/configuration/rollback" disabled={String(head) === number}
      says={head === undefined ? undefined : <Foreseen from={String(head)} to={number} />}
      asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ version: Number(number), reason })}
      command={({ reason = '' }) => ['config', 'rollback', number, '--reason', reason]} onDone={() => go('/configuration')} />
  );
}

function Foreseen({ from, to }: { readonly from: string; readonly to: string }): ReactNode {
  const answer = useAsk<Comparison>('/configuration/diff', { from, to }, { reach: 'organisation' });
  return (
    <>
      <p>{t('configuration.rollBackSays', { n: to })}</p>
      <Asked of={answer}>
        {(comparison) => <div className="configuration-foreseen"><Permits comparison={comparison} /><Differences differences={comparison.differences} /></div>}
      </Asked>
    </>
  );
}
