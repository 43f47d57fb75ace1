import type { ReactNode } from 'react';
import type { IncidentMetrics, IncidentRow, Incidents as Answer } from '../../../src/control/incidents/answer.ts';
import { INCIDENT_KINDS } from '../../../src/domain/incident.ts';
import { SEVERITIES } from '../../../src/domain/finding.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Severity, State } from '../../kit/badge.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Page, Stat } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { span, Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import './incidents.css';

const COLUMNS: readonly Column<IncidentRow>[] = [
  { id: 'title', title: t('incidents.what'), width: 3, cell: ({ title }) => <Text value={title} line />, sort: ({ title }) => title },
  { id: 'severity', title: t('incidents.severity'), width: 'fit', cell: ({ severity }) => <Severity value={severity} />,
    sort: ({ severity }) => SEVERITIES.indexOf(severity) },
  { id: 'status', title: t('incidents.status'), width: 'fit', cell: ({ status }) => <State value={status} />, sort: ({ status }) => status },
  {
    id: 'about', title: t('incidents.about'), width: 2,
    cell: ({ subjects }) => <Text value={namesIn(subjects).join(', ')} line />,
  },
  { id: 'signals', title: t('incidents.signals'), width: 'fit', align: 'right', cell: ({ signals }) => signals, sort: ({ signals }) => signals },
  { id: 'owner', title: t('incidents.owner'), cell: ({ owner }) => <Text value={owner} line /> },
  { id: 'opened', title: t('incidents.opened'), width: 'fit', cell: ({ openedAt }) => <Time at={openedAt} />, sort: ({ openedAt }) => openedAt },
];

const choices = (section: 'status' | 'severity' | 'kind', words: readonly string[]): readonly Choice[] =>
  [['', t('incidents.any')], ...words.map((word): Choice => [word, section === 'severity' ? tWord('severity', word) : tWord('state', word)])];

/** The incidents of the space, the latest first, and how long things take. */
export function Incidents(): ReactNode {
  const [view, change] = useView({ q: '', status: '', severity: '', kind: '' });
  const { status, severity, kind } = view;
  const answer = useAsk<Answer>('/incidents', {
    ...(status === '' ? {} : { status }), ...(severity === '' ? {} : { severity }), ...(kind === '' ? {} : { kind }), limit: 500,
  });
  const go = useGo();
  return (
    <Page title={t('incidents.title')} lead={t('incidents.lead')} actions={<Open onOpened={(id) => go(pathOf`/incidents/${id}`)} />}>
      <Metrics />
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'status', label: t('incidents.status'), choices: choices('status', ['open', 'contained', 'recovered', 'closed']) },
        { name: 'severity', label: t('incidents.severity'), choices: choices('severity', SEVERITIES.toReversed()) },
        { name: 'kind', label: t('incidents.kind'), choices: choices('kind', INCIDENT_KINDS) },
      ]} />
      <Asked of={answer}>
        {({ incidents }) => (
          <Table label={t('incidents.title')} rows={incidents.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id}
            onOpen={({ id }) => go(pathOf`/incidents/${id}`)} empty={<Empty title={t('incidents.none')}>{t('incidents.noneSays')}</Empty>} />
        )}
      </Asked>
    </Page>
  );
}

function Metrics(): ReactNode {
  const { data } = useAsk<IncidentMetrics>('/incidents/metrics');
  if (data === undefined) return null;
  return (
    <div className="incidents-stats">
      <Stat label={t('incidents.openNow')} value={data.open} tone={data.open > 0 ? 'held' : 'good'} />
      <Stat label={t('incidents.detect')} value={took(data.detect)} />
      <Stat label={t('incidents.contain')} value={took(data.contain)} />
      <Stat label={t('incidents.recover')} value={took(data.recover)} />
    </div>
  );
}

function took({ median }: IncidentMetrics['detect']): string {
  return median === null ? '–' : span(median);
}

function Open({ onOpened }: { readonly onOpened: (id: string) => void }): ReactNode {
  return (
    <Act<{ readonly id: string }> label={t('incidents.openOne')} tone="primary" needs="investigate" method="POST" path="/incidents"
      onDone={({ id }) => onOpened(id)} says={t('incidents.openSays')}
      asks={[
        { name: 'title', label: t('incidents.what'), required: true },
        { name: 'kind', label: t('incidents.kind'), kind: 'choice', value: 'unauthorised-action', choices: INCIDENT_KINDS.map((kind): Choice => [kind, kind]) },
        {
          name: 'severity', label: t('incidents.severity'), kind: 'choice', value: 'high',
          choices: SEVERITIES.map((one): Choice => [one, tWord('severity', one)]),
        },
        { name: 'reason', label: t('kit.reason'), kind: 'lines', required: true },
      ]}
      body={({ title, kind, severity, reason }) => ({ title, kind, severity, reason })}
      command={({ title = '', kind = '', severity = '', reason = '' }) =>
        ['incident', 'open', '--kind', kind, '--severity', severity, '--title', title, '--reason', reason]} />
  );
}

/** Places and agents first; a session says nothing to a reader. */
function namesIn(subjects: IncidentRow['subjects']): readonly string[] {
  return (['server', 'agent', 'vendor', 'asset', 'host', 'file', 'package', 'principal'] as const).flatMap((kind) => subjects[kind] ?? []);
}

function isFound({ title, kind, subjects }: IncidentRow, typed: string): boolean {
  return [title, kind, ...Object.values(subjects).flat()].join(' ').toLowerCase().includes(typed.toLowerCase());
}
