import type { ReactNode } from 'react';
import type { LogRecord, LogRecords } from '../../../src/control/audit/log-answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Act } from '../../kit/act.tsx';
import { Severity } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Page, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Holds } from './holds.tsx';
import { RecordView } from './record.tsx';
import './log.css';

const LIMIT = 200;
/** Questions to begin with, in the language of docs/audit/query.md. */
const EXAMPLES = ['event = call.denied and at >= 1d', 'has finding and severity >= high', 'category = config', 'at >= 7d count by event'];

const COLUMNS: readonly Column<LogRecord>[] = [
  { id: 'at', title: t('log.at'), width: 'fit', cell: ({ at }) => <Time at={at} clock /> },
  { id: 'event', title: t('log.event'), cell: ({ event }) => <Text value={event} mono line /> },
  { id: 'who', title: t('log.who'), cell: ({ agent, principal }) => <Text value={agent ?? principal} line /> },
  { id: 'what', title: t('log.what'), width: 2, cell: (record) => <Text value={whatOf(record)} line /> },
  { id: 'code', title: t('log.code'), cell: ({ code }) => <Text value={code} mono line /> },
  { id: 'severity', title: t('log.severity'), width: 'fit', cell: ({ findings }) => <Gravest findings={findings} /> },
  { id: 'position', title: t('log.position'), width: 'fit', align: 'right', cell: ({ position }) => position.toLocaleString('en') },
];

function whatOf({ server, tool, action }: LogRecord): string {
  return [server, tool ?? action].filter(Boolean).join(' · ');
}

const ORDER = ['info', 'low', 'medium', 'high', 'critical'];

function Gravest({ findings = [] }: { readonly findings?: LogRecord['findings'] }): ReactNode {
  const worst = Math.max(-1, ...findings.map(({ severity }) => ORDER.indexOf(severity)));
  return worst < 0 ? null : <Severity value={ORDER[worst] ?? ''} />;
}

/** What happened, as it was written: asked in the query language, proven against the signed checkpoint, kept under holds. */
export function Log(): ReactNode {
  const [view, change] = useView({ tab: 'records' });
  return (
    <Page title={t('log.title')} lead={t('log.lead')} actions={<Reveal />}>
      <Tabs label={t('log.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'records', title: t('log.records'), content: () => <Records /> }, { id: 'holds', title: t('log.holds'), content: () => <Holds /> },
      ]} />
    </Page>
  );
}

/** Names of people for an hour, with a reason that is on record. */
function Reveal(): ReactNode {
  const [view, change] = useView({ names: '' });
  if (view.names !== '') return <Button onClick={() => change({ names: '' })}>{t('log.hideNames')}</Button>;
  return (
    <Act label={t('log.reveal')} says={t('log.revealSays')} needs="investigate" method="POST" path="/audit/reveal"
      asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
      command={({ reason = '' }) => ['audit', 'reveal', '--reason', reason]} onDone={() => change({ names: 'true' })} />
  );
}

function Records(): ReactNode {
  const [view, change] = useView({ q: '', after: '', until: '', names: '', open: '' });
  const { q, after, until, names, open } = view;
  const answer = useAsk<LogRecords>('/audit/records', { filter: q, after, until, reveal: names, limit: LIMIT });
  return (
    <>
      <Filters view={view} onChange={(some) => change({ ...some, after: '' })} text="q">
        {until === ''
          ? <Button onClick={() => change({ until: String(Date.now()) })}>{t('log.pause')}</Button>
          : <Button tone="primary" onClick={() => change({ until: '', after: '' })}>{t('log.follow')}</Button>}
      </Filters>
      <p className="log-examples quiet">{t('log.examples')} {EXAMPLES.map((one) => (
        <Button key={one} tone="quiet" onClick={() => change({ q: one, after: '' })}><code>{one}</code></Button>
      ))}</p>
      <Asked of={answer}>{(found) => (
        <>
          <State found={found} live={until === ''} />
          {found.counts !== undefined ? <Counts counts={found.counts} /> : (
            <Split side={open === '' ? undefined : (
              <Drawer title={t('log.record')} onClose={() => change({ open: '' })}>
                <Opened record={found.records.find(({ position }) => String(position) === open)} names={names} />
              </Drawer>
            )}>
              <Table label={t('log.title')} rows={found.records} columns={COLUMNS} id={({ position }) => String(position)} openId={open}
                onOpen={({ position }) => change({ open: String(position) })} empty={<Empty title={t('log.none')}>{t('log.noneSays')}</Empty>} />
            </Split>
          )}
          <p className="log-pages">
            {after !== '' && <Button onClick={() => change({ after: '' })}>{t('log.newest')}</Button>}
            {found.next !== undefined && <Button onClick={() => change({ after: String(found.next), open: '' })}>{t('log.older')}</Button>}
          </p>
        </>
      )}</Asked>
    </>
  );
}

function State({ found: { known, end, damaged }, live }: { readonly found: LogRecords; readonly live: boolean }): ReactNode {
  return (
    <p className="quiet">
      {live ? t('log.live') : t('log.paused')} {t('log.of', { end })} {known < end && t('log.behind', { count: end - known })}
      {damaged > 0 && <strong className="log-damaged"> {t('log.damaged', { count: damaged })}</strong>}
    </p>
  );
}

function Opened({ record, names }: { readonly record: LogRecord | undefined; readonly names: string }): ReactNode {
  if (record === undefined) return <Empty title={t('log.elsewhere')}>{t('log.elsewhereSays')}</Empty>;
  return <RecordView record={record} names={names} />;
}

function Counts({ counts }: { readonly counts: NonNullable<LogRecords['counts']> }): ReactNode {
  const fields = Object.keys(counts[0] ?? {}).filter((name) => name !== 'count');
  return (
    <Panel title={t('log.counts')} flush>
      <Table label={t('log.counts')} rows={counts} id={(row) => JSON.stringify(row)} empty={<Empty title={t('log.none')} />} columns={[
        ...fields.map((name): Column<(typeof counts)[number]> => ({ id: name, title: name, cell: (row) => <Text value={row[name]} line /> })),
        { id: 'count', title: t('log.count'), width: 'fit', align: 'right', cell: ({ count }) => count.toLocaleString('en'), sort: ({ count }) => count },
      ]} />
    </Panel>
  );
}
