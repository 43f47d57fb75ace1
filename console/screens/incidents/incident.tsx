import { useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import type { IncidentShown } from '../../../src/control/incidents/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, Severity, State } from '../../kit/badge.tsx';
import { Asked, Empty, Facts, Loading, Page, Panel } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, span } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Contained } from './containments.tsx';
import { Evidence } from './evidence.tsx';
import { Runs } from './playbooks.tsx';
import { Timeline } from './timeline.tsx';
import './incidents.css';

const Blast = lazy(async () => ({ default: (await import('./blast.tsx')).Blast }));

/** One incident: what happened, what it touched, and everything that is done about it. */
export function IncidentPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<IncidentShown>(pathOf`/incidents/${id}`);
  return (
    <Page title={t('incidents.incident')} lead={<To to="/incidents">{t('incidents.toAll')}</To>}
      actions={answer.data === undefined ? undefined : <Verbs incident={answer.data} />}>
      <Asked of={answer}>{(incident) => <Whole incident={incident} />}</Asked>
    </Page>
  );
}

function Whole({ incident }: { readonly incident: IncidentShown }): ReactNode {
  const [view, change] = useView({ tab: 'timeline' });
  const investigates = useMay('investigate');
  const forInvestigators = (content: ReactNode): ReactNode => (investigates ? content : <Empty title={t('incidents.forInvestigators')} />);
  return (
    <>
      <Panel title={t('kit.details')}><Details incident={incident} /></Panel>
      <Tabs label={t('incidents.incident')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'timeline', title: t('incidents.timeline'), content: () => <Timeline incident={incident} /> },
        { id: 'blast', title: t('incidents.blast'), content: () => forInvestigators(<Suspense fallback={<Loading />}><Blast id={incident.id} /></Suspense>) },
        { id: 'containments', title: t('incidents.containments'), count: incident.containments.length, content: () => <Contained incident={incident} /> },
        { id: 'playbooks', title: t('incidents.playbooks'), content: () => forInvestigators(<Runs incident={incident} />) },
        { id: 'evidence', title: t('incidents.evidence'), content: () => <Evidence incident={incident} /> },
      ]} />
    </>
  );
}

function Details({ incident }: { readonly incident: IncidentShown }): ReactNode {
  const { title, kind, severity, status, verdict, subjects, techniques, outcomes, openedAt, owner, times, related, seen } = incident;
  return (
    <>
      <h3 className="incidents-title">
        <Text value={title} /> <Severity value={severity} /> <State value={status} /> {verdict !== undefined && <State value={verdict} />}
      </h3>
      <Facts rows={[
        [t('incidents.kind'), kind], [t('incidents.opened'), <Moment key="at" at={openedAt} />],
        [t('incidents.owner'), owner === undefined ? undefined : <Text key="o" value={owner} />],
        ...Object.entries(subjects).map(([name, values]) => [tWord('about', name), <Text key={name} value={values.join(', ')} max={600} />] as const),
        [t('incidents.outcomes'), t('incidents.outcomesSay', outcomes)],
        [t('incidents.found'), <Text key="seen" max={600} value={Object.entries(seen).map(([name, { count }]) => `${name} ×${count}`).join(', ')} />],
        [t('incidents.detect'), span(times.detectMs)], [t('incidents.contain'), times.containMs === undefined ? undefined : span(times.containMs)],
        [t('incidents.recover'), times.recoverMs === undefined ? undefined : span(times.recoverMs)],
        [t('incidents.techniques'), techniques.length === 0 ? undefined
          : <span key="t" className="incidents-techniques">{techniques.map((one) => <Badge key={one}>{one}</Badge>)}</span>],
        [t('incidents.related'), related.length === 0 ? undefined
          : <span key="r">{related.map((one) => <span key={one}><To to={pathOf`/incidents/${one}`}>{one.slice(-12)}</To> </span>)}</span>],
      ]} />
    </>
  );
}

const VERDICTS = ['true-positive', 'false-positive', 'benign', 'exercise', 'duplicate'] as const;

function Verbs({ incident: { id, status, containments } }: { readonly incident: IncidentShown }): ReactNode {
  const reason = { name: 'reason', label: t('kit.reason'), kind: 'lines', required: true } as const;
  const acting = { needs: 'investigate', method: 'POST' } as const;
  if (status === 'closed') {
    return (
      <Act {...acting} label={t('incidents.reopen')} path={pathOf`/incidents/${id}/reopen`} asks={[reason]} body={(values) => ({ reason: values['reason'] })}
        command={(values) => ['incident', 'reopen', id, '--reason', values['reason'] ?? '']} />
    );
  }
  return (
    <>
      <Act {...acting} label={t('incidents.note')} path={pathOf`/incidents/${id}/notes`}
        asks={[{ name: 'text', label: t('incidents.noteText'), kind: 'lines', required: true }]} body={({ text }) => ({ text })}
        command={({ text = '' }) => ['incident', 'note', id, text]} />
      <Act {...acting} method="PUT" label={t('incidents.take')} path={pathOf`/incidents/${id}/owner`}
        asks={[{ name: 'owner', label: t('incidents.owner'), required: true }]} body={({ owner }) => ({ owner })}
        command={({ owner = '' }) => ['incident', 'owner', id, owner]} />
      <Act {...acting} label={t('incidents.recovered')} says={t('incidents.recoveredSays')} path={pathOf`/incidents/${id}/recover`} asks={[reason]}
        body={(values) => ({ reason: values['reason'] })} command={(values) => ['incident', 'recover', id, '--reason', values['reason'] ?? '']} />
      <Act {...acting} tone="primary" label={t('incidents.close')} path={pathOf`/incidents/${id}/close`}
        asks={[
          {
            name: 'verdict', label: t('incidents.verdict'), kind: 'choice', value: VERDICTS[0],
            choices: VERDICTS.map((one) => [one, tWord('state', one)] as const),
          },
          reason, ...(containments.length === 0 ? [] : [{ name: 'leave', label: t('incidents.leave'), kind: 'check' } as const]),
        ]}
        body={(values) => ({ verdict: values['verdict'], reason: values['reason'], ...(values['leave'] === 'yes' ? { leave: true } : {}) })}
        command={(values) => [
          'incident', 'close', id, '--verdict', values['verdict'] ?? '', ...(values['leave'] === 'yes' ? ['--leave'] : []), '--reason', values['reason'] ?? '',
        ]} />
    </>
  );
}
