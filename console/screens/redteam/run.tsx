import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RedteamResult, RedteamRun } from '../../../src/control/redteam/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty, Facts, Page, Panel } from '../../kit/page.tsx';
import { Bar } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, span } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Differences } from './differences.tsx';
import { Matrix } from './matrix.tsx';
import { Scenario } from './scenario.tsx';
import './redteam.css';

const OUTCOMES = ['prevented', 'detected', 'missed', 'void'] as const;
const TONES = { prevented: 'good', detected: 'held', missed: 'bad', void: 'neutral' } as const;

/** One rehearsal: what of it was prevented, detected or missed, by which control, and what is not as it was before. */
export function RunPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<RedteamRun>(pathOf`/redteam/runs/${id}`);
  return (
    <Page title={t('redteam.run')} lead={<To to="/redteam">{t('redteam.toAll')}</To>}>
      <Asked of={answer}>{(run) => <Whole run={run} />}</Asked>
    </Page>
  );
}

function Whole({ run }: { readonly run: RedteamRun }): ReactNode {
  const [view, change] = useView({ tab: 'scenarios' });
  const { results, techniques, differences } = run;
  return (
    <>
      <Panel title={t('kit.details')}>
        <Bar label={t('redteam.outcomes')} parts={OUTCOMES.map((outcome) => ({
          name: t(`redteam.${outcome}`), tone: TONES[outcome], count: results.filter((one) => one.outcome === outcome).length,
        }))} />
        <Details run={run} />
      </Panel>
      <Tabs label={t('redteam.run')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'scenarios', title: t('redteam.scenarios'), count: results.length, content: () => <Scenarios run={run} /> },
        { id: 'techniques', title: t('redteam.techniques'), count: techniques.length, content: () => <Matrix run={run} /> },
        { id: 'differences', title: t('redteam.differences'), count: differences.length, content: () => <Differences run={run} /> },
      ]} />
    </>
  );
}

function Details({ run: { startedAt, endedAt, source, agent, seed, isolated, without, leftOut, configuration, id } }: { readonly run: RedteamRun }): ReactNode {
  return (
    <>
      <Facts rows={[
        [t('redteam.at'), <Moment key="at" at={startedAt} />], [t('redteam.took'), span(endedAt - startedAt)],
        [t('redteam.source'), tWord('redteam', `source-${source}`)], [t('redteam.agent'), <Text key="agent" value={agent} />],
        [t('redteam.isolation'), isolated ? t('redteam.isolated') : t('redteam.notIsolated')],
        [t('redteam.without'), without === undefined ? undefined : <Text key="without" value={without} mono />],
        [t('redteam.leftOut'), leftOut.length === 0 ? undefined : <Text key="left" value={leftOut.join(', ')} />],
        [t('redteam.seed'), <Text key="seed" value={seed} mono />], [t('redteam.configuration'), <Text key="c" value={configuration} mono />],
      ]} />
      <CommandLine words={['redteam', 'report', id, '--html', 'red-team.html']} />
    </>
  );
}

const COLUMNS: readonly Column<RedteamResult>[] = [
  { id: 'title', title: t('redteam.scenario'), width: 3, cell: ({ title }) => <Text value={title} line />, sort: ({ title }) => title },
  {
    id: 'outcome', title: t('redteam.outcome'), width: 'fit', sort: ({ outcome }) => outcome,
    cell: ({ outcome, red }) => <><State value={outcome} /> {red !== undefined && <Badge tone="bad">{t('redteam.red')}</Badge>}</>,
  },
  { id: 'acted', title: t('redteam.acted'), width: 2, cell: ({ acted }) => <Text value={acted.map(({ control }) => control).join(', ')} line mono /> },
  { id: 'techniques', title: t('redteam.techniques'), width: 2, cell: ({ techniques }) => <Text value={techniques.join(', ')} line mono /> },
];

function Scenarios({ run }: { readonly run: RedteamRun }): ReactNode {
  const [view, change] = useView({ q: '', outcome: '', technique: '', open: '', tab: 'scenarios' });
  const { q, outcome, technique } = view;
  const shown = run.results.filter((one) => (outcome === '' || one.outcome === outcome) && (technique === '' || one.techniques.includes(technique))
    && [one.id, one.title, ...one.techniques, ...one.acted.map(({ control }) => control)].join(' ').toLowerCase().includes(q.toLowerCase()));
  const opened = run.results.find(({ id }) => id === view.open);
  return (
    <>
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'outcome', label: t('redteam.outcome'), choices: [['', t('redteam.any')], ...OUTCOMES.map((one): Choice => [one, t(`redteam.${one}`)])] },
        {
          name: 'technique', label: t('redteam.technique'),
          choices: [['', t('redteam.any')], ...run.techniques.map((one): Choice => [one.technique, one.technique])],
        },
      ]} />
      <Split side={opened === undefined ? undefined : (
        <Drawer title={t('redteam.scenario')} onClose={() => change({ open: '' })}><Scenario result={opened} /></Drawer>
      )}>
        <Table label={t('redteam.scenarios')} rows={shown} columns={COLUMNS} id={({ id }) => id} openId={view.open} onOpen={({ id }) => change({ open: id })}
          empty={<Empty title={t('redteam.noScenarios')} />} />
      </Split>
    </>
  );
}
