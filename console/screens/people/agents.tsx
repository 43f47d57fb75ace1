import type { ReactNode } from 'react';
import type { AgentRow, Agents as Answer } from '../../../src/control/agents/answer.ts';
import type { Activity } from '../../../src/control/audit/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Bar, Spark } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { To, useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { linesOf } from './ceiling.ts';
import { dateIn } from './dates.ts';
import { Register } from './register.tsx';

const HOUR_MS = 60 * 60_000;
const HOURS = 24;
const LIFE_DAYS = 90;

type Row = AgentRow & { readonly used: Activity['rows'][number] | undefined };

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', title: t('people.agent'), cell: ({ id }) => <Text value={id} line />, sort: ({ id }) => id },
  { id: 'state', title: t('people.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'owner', title: t('people.owner'), cell: ({ owner }) => <Text value={owner} line />, sort: ({ owner }) => owner },
  { id: 'ceiling', title: t('people.ceiling'), width: 2, cell: ({ allow }) => <Text value={linesOf(allow).join(' ')} mono line /> },
  {
    id: 'used', title: t('people.used'), width: 'fit', sort: ({ used }) => used?.calls ?? 0,
    cell: ({ used }) => (used === undefined ? '' : <Spark label={t('people.used')} values={hoursOf(used)} />),
  },
  { id: 'ends', title: t('people.expires'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** Registered agents: who answers for each, what it may do at most, until when, and what it did lately. */
export function Agents(): ReactNode {
  const [view, change] = useView({ tab: 'agents', q: '', open: '' });
  const answer = useAsk<Answer>('/agents');
  const since = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOURS * HOUR_MS;
  const activity = useAsk<Activity>('/audit/activity', { by: 'agent', unit: 'hour', since }, { when: useMay('audit') });
  return (
    <>
      <Filters view={view} onChange={change} text="q"><Register /></Filters>
      <Asked of={answer}>
        {({ agents }) => {
          const rows = agents.map((agent): Row => ({ ...agent, used: activity.data?.rows.find(({ name }) => name === agent.id) }));
          const open = rows.find(({ id }) => id === view.open);
          return (
            <Split side={open === undefined ? undefined
              : <Drawer title={<Text value={open.id} />} onClose={() => change({ open: '' })} actions={<Verbs agent={open} />}><Agent agent={open} /></Drawer>}>
              <Table label={t('people.agents')} rows={rows.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id} openId={view.open}
                onOpen={({ id }) => change({ open: id })} empty={<Empty title={t('people.noAgents')}>{t('people.noAgentsSays')}</Empty>} />
            </Split>
          );
        }}
      </Asked>
    </>
  );
}

function Agent({ agent: { id, state, owner, purpose, clients, allow, expiresAt, used } }: { readonly agent: Row }): ReactNode {
  return (
    <>
      <Facts rows={[
        [t('people.state'), <State key="s" value={state} />], [t('people.owner'), <Text key="o" value={owner} />],
        [t('people.purpose'), <Text key="p" value={purpose} />], [t('people.expires'), <Moment key="e" at={expiresAt} />],
        [t('people.ceiling'), allow === '*' ? t('people.noCeiling') : <Text key="a" value={linesOf(allow).join('\n')} mono />],
        [t('people.clients'), clients.length === 0 ? undefined : <Text key="c" value={clients.join('\n')} mono />],
      ]} />
      {used !== undefined && (
        <Bar label={t('people.used')} parts={[
          { name: t('people.calls'), count: used.calls, tone: 'good' }, { name: t('people.denials'), count: used.denials, tone: 'bad' },
          { name: t('people.held'), count: used.held, tone: 'held' },
        ]} />
      )}
      <p><To to="/sessions" search={{ agent: id }}>{t('people.itsSessions')}</To></p>
    </>
  );
}

function Verbs({ agent: { id } }: { readonly agent: Row }): ReactNode {
  const go = useGo();
  return (
    <>
      <Act label={t('people.renew')} needs="change" method="POST" path={pathOf`/agents/${id}/renew`}
        asks={[{ name: 'expires', label: t('people.expires'), kind: 'date', required: true, value: dateIn(LIFE_DAYS) }]}
        body={({ expires = '' }) => ({ expiresAt: Date.parse(expires) })} command={({ expires = '' }) => ['agent', 'renew', id, '--expires', expires]} />
      <Act label={t('people.remove')} tone="danger" needs="change" method="DELETE" path={pathOf`/agents/${id}`} says={t('people.removeSays')}
        command={() => ['agent', 'remove', id]} onDone={() => go('/people')} />
    </>
  );
}

/** Calls by hour, the oldest first. */
function hoursOf({ cells }: Activity['rows'][number]): readonly number[] {
  const calls = new Map(cells.map(([start = 0, count = 0]) => [Math.floor(start / HOUR_MS), count]));
  const now = Math.floor(Date.now() / HOUR_MS);
  return Array.from({ length: HOURS }, (_, back) => calls.get(now - back) ?? 0).toReversed();
}

function isFound({ id, owner, purpose, allow }: AgentRow, typed: string): boolean {
  return `${id} ${owner} ${purpose} ${linesOf(allow).join(' ')}`.toLowerCase().includes(typed.toLowerCase());
}
