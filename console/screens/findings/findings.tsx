import { useState } from 'react';
import type { ReactNode } from 'react';
import type { FindingRow, Findings as Answer } from '../../../src/control/findings/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { ActDialog } from '../../kit/act.tsx';
import { Severity, State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty, Page } from '../../kit/page.tsx';
import { Spark } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Detail } from './detail.tsx';
import { lastDays } from './days.ts';
import { triage, verbsFor } from './triage.ts';
import type { Verb } from './triage.ts';
import { Trends } from './trends.tsx';
import './findings.css';

const STATES = ['open', 'acknowledged', 'suppressed', 'resolved', 'all'];
const SPARK_DAYS = 30;
const SEVERITY_ORDER: Readonly<Record<string, number>> = { critical: 4, high: 3, medium: 2, low: 1, info: 0 };

const COLUMNS: readonly Column<FindingRow>[] = [
  { id: 'what', title: t('findings.what'), width: 2, cell: ({ detector, rule }) => <Text value={`${detector}/${rule}`} mono line />,
    sort: ({ detector, rule }) => `${detector}/${rule}` },
  { id: 'severity', title: t('findings.severity'), width: 'fit', cell: ({ severity }) => <Severity value={severity} />,
    sort: ({ severity }) => SEVERITY_ORDER[severity] ?? 0 },
  {
    id: 'about', title: t('findings.about'), width: 2, sort: ({ about }) => `${about.kind} ${about.name}`,
    cell: ({ about }) => <><span className="quiet">{tWord('about', about.kind)}</span> <Text value={about.name} line /></>,
  },
  { id: 'count', title: t('findings.count'), width: 'fit', align: 'right', cell: ({ count }) => count.toLocaleString('en'), sort: ({ count }) => count },
  { id: 'days', title: t('findings.days'), width: 'fit', cell: ({ days }) => <Spark label={t('findings.days')} values={lastDays(days, SPARK_DAYS)} /> },
  { id: 'last', title: t('findings.last'), width: 'fit', cell: ({ lastAt }) => <Time at={lastAt} />, sort: ({ lastAt }) => lastAt },
  { id: 'state', title: t('findings.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
];

/** What was found, looked through from the gravest on; trends beside it. */
export function Findings(): ReactNode {
  const [view, change] = useView({ tab: 'list' });
  return (
    <Page title={t('findings.title')} lead={t('findings.lead')}>
      <Tabs label={t('findings.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'list', title: t('findings.list'), content: () => <List /> }, { id: 'trends', title: t('findings.trends'), content: () => <Trends /> },
      ]} />
    </Page>
  );
}

function List(): ReactNode {
  const [view, change] = useView({ q: '', state: 'open', severity: '', detector: '', open: '' });
  const [doing, setDoing] = useState<{ readonly verb: Verb; readonly id: string }>();
  const may = useMay('investigate');
  const { q, state, severity, detector } = view;
  const answer = useAsk<Answer>('/findings', { state, ...(q === '' ? {} : { text: q }), ...(severity === '' ? {} : { severity }),
    ...(detector === '' ? {} : { detector }) });
  const detectors = answer.data?.detectors ?? [];
  const on = (verb: Verb) => (row: FindingRow): void => {
    if (may && verbsFor(row).includes(verb)) setDoing({ verb, id: row.id });
  };
  const close = (): void => change({ open: '' });
  return (
    <>
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'state', label: t('findings.state'), choices: choicesOf('state', STATES, answer.data?.states) },
        { name: 'severity', label: t('findings.severity'), choices: [['', t('findings.any')], ...choicesOf('severity', Object.keys(SEVERITY_ORDER),
          answer.data?.severities)] },
        { name: 'detector', label: t('findings.detector'), choices: [['', t('findings.any')], ...detectors.map((one): Choice => [one, one])] },
      ]} />
      <p className="quiet findings-keys">{t('findings.keys')}</p>
      <Asked of={answer}>
        {({ findings }) => (
          <Split side={view.open === '' ? undefined : <Drawer title={t('findings.finding')} onClose={close}><Detail id={view.open} /></Drawer>}>
            <Table label={t('findings.title')} rows={findings} columns={COLUMNS} id={({ id }) => id} openId={view.open}
              onOpen={({ id }) => change({ open: id })}
              keys={{ a: on('acknowledge'), s: on('suppress'), r: on('resolve'), o: on('reopen') }}
              empty={<Empty title={t('findings.none')}>{t('findings.noneSays')}</Empty>} />
          </Split>
        )}
      </Asked>
      {doing !== undefined && <ActDialog {...triage(doing.verb, doing.id)} onClose={() => setDoing(undefined)} />}
    </>
  );
}

function choicesOf(section: 'state' | 'severity', words: readonly string[], counts: Readonly<Record<string, number>> = {}): readonly Choice[] {
  return words.map((word): Choice => [word, counts[word] === undefined ? tWord(section, word) : `${tWord(section, word)} (${counts[word]})`]);
}
