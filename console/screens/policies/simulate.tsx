import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Simulated } from '../../../src/control/policies/answer.ts';
import type { Proposals } from '../../../src/control/proposals/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Field, Select } from '../../kit/field.tsx';
import { Empty, Panel, Problem } from '../../kit/page.tsx';
import { Bar } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { useSimulation } from './simulated.ts';

const DAY_MS = 24 * 60 * 60_000;
const DAYS = ['1', '7', '30', '90'];

type Example = Simulated['examples'][number];

const COLUMNS: readonly Column<Example>[] = [
  { id: 'call', title: t('policies.call'), width: 2, cell: ({ server, tool }) => <Text value={tool === '' ? server : `${server}/${tool}`} mono line /> },
  { id: 'agent', title: t('policies.agent'), cell: ({ agent }) => <Text value={agent} line />, sort: ({ agent }) => agent },
  {
    id: 'change', title: t('policies.change'), width: 2, sort: ({ change }) => change,
    cell: ({ change }) => <Badge tone={change === 'denied' ? 'bad' : 'held'}>{tWord('changed', change)}</Badge>,
  },
  { id: 'by', title: t('policies.by'), width: 2, cell: ({ is }) => <Text value={is?.policies.join(', ')} mono line /> },
  { id: 'at', title: t('policies.when'), width: 'fit', cell: ({ at }) => <Time at={at} />, sort: ({ at }) => at },
];

/** What would change if something that waits for a second person were in force. */
export function SimulateTab(): ReactNode {
  const [view, change] = useView({ proposal: '' });
  const { data } = useAsk<Proposals>('/proposals');
  const open = data?.proposals.filter(({ state, path }) => state === 'open' && (path.startsWith('/policies') || path === '/manifest')) ?? [];
  return (
    <>
      <Select label={t('policies.simulated')} value={view.proposal} onChange={(proposal) => change({ proposal })} choices={[
        ['', t('policies.stored')], ...open.map(({ id, path }) => [id, `${path} ${id.slice(-8)}`] as const),
      ]} />
      <Simulate candidate={view.proposal === '' ? {} : { proposal: view.proposal }} words={view.proposal === '' ? [] : ['--proposal', view.proposal]} />
    </>
  );
}

/** Decides the calls of the last days again, by what is given, and says what would have been otherwise. `words`: the same for the command. */
export function Simulate({ candidate, words }: { readonly candidate: object; readonly words: readonly string[] }): ReactNode {
  const [days, setDays] = useState('7');
  const [reason, setReason] = useState('');
  const [simulation, run, stop] = useSimulation();
  const isRunning = simulation.state === 'running';
  return (
    <>
      <form className="policies-ask" onSubmit={(event) => {
        event.preventDefault();
        run({ since: Date.now() - Number(days) * DAY_MS, candidate, ...(reason === '' ? {} : { reason }) });
      }}>
        <Select label={t('policies.since')} value={days} onChange={setDays}
          choices={DAYS.map((one) => [one, t('policies.lastDays', { count: Number(one) })])} />
        <Field label={t('policies.openReason')} value={reason} onChange={setReason} hint={t('policies.openReasonHint')} />
        {isRunning ? <Button onClick={stop}>{t('policies.stop')}</Button> : <Button type="submit" tone="primary">{t('policies.simulateIt')}</Button>}
      </form>
      <div role="status">
        {isRunning && <p>{t('policies.decided', { count: simulation.decisions })}</p>}
        {simulation.report !== undefined && <Report of={simulation.report} />}
      </div>
      {simulation.error !== undefined && <Problem error={simulation.error} />}
      <details className="same-command"><summary>{t('kit.sameCommand')}</summary>
        <CommandLine words={['policy', 'simulate', '--since', `${days}d`, ...words, ...(reason === '' ? [] : ['--reason', reason])]} />
      </details>
    </>
  );
}

function Report({ of }: { readonly of: Simulated }): ReactNode {
  const { decisions, unchanged, changes, undecidable, policies, examples, payloads, erasures, damaged } = of;
  const go = useGo();
  return (
    <>
      <h3>{changedIn(changes) === 0 ? t('policies.nothingChanges') : t('policies.someChange', { count: changedIn(changes), all: decisions })}</h3>
      <Bar label={t('policies.outcome')} parts={[
        { name: tWord('changed', 'denied'), count: changes['denied'] ?? 0, tone: 'bad' },
        { name: tWord('changed', 'permitted'), count: changes['permitted'] ?? 0, tone: 'held' },
        { name: tWord('changed', 'obligations'), count: changes['obligations'] ?? 0, tone: 'info' },
        { name: tWord('changed', 'undecidable'), count: undecidable.count, tone: 'neutral' },
        { name: t('policies.unchanged'), count: unchanged + (changes['reasons'] ?? 0), tone: 'good' },
      ]} />
      {!payloads && undecidable.count > 0 && <p className="quiet">{t('policies.closed')}</p>}
      {erasures > 0 && <p className="quiet">{t('policies.erased', { count: erasures })}</p>}
      {damaged > 0 && <p className="quiet">{t('policies.damaged', { count: damaged })}</p>}
      {policies.length > 0 && (
        <Panel title={t('policies.byPolicy')}>
          <ul>
            {policies.map(({ policy, change, count }) => (
              <li key={`${policy} ${change}`}><Text value={policy} mono /> <span className="quiet">{tWord('changed', change)}: {count.toLocaleString('en')}</span></li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={t('policies.examples')} flush>
        <Table label={t('policies.examples')} rows={examples} columns={COLUMNS} id={({ exchange, change, at }) => `${exchange} ${change} ${at}`}
          onOpen={({ exchange }) => go('/policies', { tab: 'explain', exchange })} empty={<Empty title={t('policies.noExamples')} />} />
      </Panel>
    </>
  );
}

function changedIn(changes: Simulated['changes']): number {
  return ['denied', 'permitted', 'obligations'].reduce((all, name) => all + (changes[name] ?? 0), 0);
}
