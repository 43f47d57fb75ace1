import { useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import type { SessionStory } from '../../../src/control/audit/session-answer.ts';
import { pathOf, Refusal } from '../../api/client.ts';
import { useOlder } from '../../api/older.ts';
import { Act } from '../../kit/act.tsx';
import { Severity } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Facts, Loading, Page, Panel, Problem } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, span } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Carried } from './carried.tsx';
import { Replay } from './replay.tsx';
import { Timeline } from './timeline.tsx';

const Flow = lazy(async () => ({ default: (await import('./flow.tsx')).Flow }));

/** One session as a story: what the agent did, where data may have gone, and the same step by step. */
export function Session(): ReactNode {
  const { context = '' } = useParams({ strict: false });
  const [view, change] = useView({ tab: 'timeline', at: '' });
  const { answers, error, older, loading } = useOlder<SessionStory>(pathOf`/audit/sessions/${context}`);
  const newest = answers.at(-1);
  const steps = answers.flatMap(({ told }) => told.steps);
  return (
    <Page title={t('sessions.one')} lead={<Text value={context} mono line />} actions={<Reset context={context} />}>
      {error !== null && <Problem error={error} />}
      {newest === undefined ? !(error instanceof Refusal) && <Loading /> : (
        <>
          {newest.session !== null && <Sum session={newest.session} />}
          <Tabs label={t('sessions.views')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
            {
              id: 'timeline', title: t('sessions.timeline'),
              content: () => (
                <>
                  {older !== undefined && <p><Button onClick={older} disabled={loading}>{t('sessions.older')}</Button></p>}
                  <Timeline steps={steps} openId={view.at} onOpen={(at) => change({ at })} />
                </>
              ),
            },
            { id: 'flow', title: t('sessions.flow'), content: () => <Suspense fallback={<Loading />}><Flow graph={newest.told.graph} /></Suspense> },
            { id: 'replay', title: t('sessions.replay'), content: () => <Replay steps={steps} /> },
          ]} />
        </>
      )}
    </Page>
  );
}

function Sum({ session }: { readonly session: NonNullable<SessionStory['session']> }): ReactNode {
  const { agent, principal, firstAt, lastAt, calls, denials, failures, findings, severity, labels } = session;
  return (
    <Panel title={t('sessions.sum')}>
      <Facts rows={[
        [t('sessions.agent'), <Text key="agent" value={agent} />], [t('sessions.principal'), <Text key="who" value={principal} />],
        [t('sessions.began'), <Moment key="first" at={firstAt} />], [t('sessions.lasted'), span(lastAt - firstAt)],
        [t('sessions.calls'), t('sessions.callsSay', { calls, denials, failures })], [t('sessions.carries'), <Carried key="labels" labels={labels} />],
        [t('sessions.findings'), findings === 0 ? '' : <span key="found">{findings} <Severity value={severity ?? 'info'} /></span>],
      ]} />
    </Panel>
  );
}

function Reset({ context }: { readonly context: string }): ReactNode {
  return (
    <Act label={t('sessions.reset')} needs="change" method="POST" path={pathOf`/contexts/${context}/reset`} says={t('sessions.resetSays')}
      command={() => ['context', 'reset', context]} />
  );
}
