import type { ReactNode } from 'react';
import type { BaselineRow, FileWatches } from '../../../src/control/files/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';

/** A place of a host: what was approved there, and who watches it. */
type Place = { readonly host: string; readonly place: string; readonly baseline: BaselineRow | undefined; readonly watch: string | undefined };

const COLUMNS: readonly Column<Place>[] = [
  { id: 'host', title: t('configuration.host'), cell: ({ host }) => <Text value={host} line />, sort: ({ host }) => host },
  { id: 'place', title: t('configuration.place'), width: 2, cell: ({ place }) => <Text value={place} mono line /> },
  {
    id: 'baseline', title: t('configuration.baseline'), cell: ({ baseline }) => (baseline === undefined
      ? <Badge tone="held">{t('configuration.unapproved')}</Badge> : t('configuration.baselineSays', { n: baseline.number, count: baseline.files })),
  },
  { id: 'by', title: t('configuration.by'), cell: ({ baseline }) => <Text value={baseline?.by} line /> },
  { id: 'at', title: t('configuration.approved'), width: 'fit', cell: ({ baseline }) => (baseline === undefined ? '' : <Time at={baseline.at} />) },
  {
    id: 'watch', title: t('configuration.watch'), width: 'fit',
    cell: ({ watch }) => (watch === undefined ? t('configuration.unwatched') : <State value={watch} />),
  },
];

/** Files of clients on hosts: as they were approved, watched, sealed. What is done is done where the files are; that it was stands in the log. */
export function ClientFiles(): ReactNode {
  const answer = useAsk<FileWatches>('/file-watches');
  const audits = useMay('audit');
  return (
    <>
      <Panel title={t('configuration.baselines')} flush>
        <Asked of={answer}>
          {(told) => (
            <Table label={t('configuration.baselines')} rows={placesOf(told)} columns={COLUMNS} id={({ host, place }) => `${host} ${place}`}
              empty={<Empty title={t('configuration.noFiles')}>{t('configuration.noFilesSays')}</Empty>} />
          )}
        </Asked>
      </Panel>
      <Panel title={t('configuration.onHosts')}>
        <p>{t('configuration.auditSays')}</p><CommandLine words={['config', 'audit']} />
        <p>{t('configuration.sealSays')}</p><CommandLine words={['config', 'seal', '.mcp.json']} />
        <p>{t('configuration.baselineDo')}</p><CommandLine words={['config', 'baseline', '--reason', t('configuration.whyWord')]} />
        <p>{t('configuration.watchDo')}</p><CommandLine words={['config', 'watch']} />
        <p>{t('configuration.enforceSays')}</p><CommandLine words={['config', 'enforce']} />
      </Panel>
      {audits && (
        <Panel title={t('configuration.done')}>
          <p>{t('configuration.doneSays')} <To to="/log" search={{ q: DONE }}>{t('configuration.toLog')}</To></p>
          <CommandLine words={['audit', 'query', DONE]} />
        </Panel>
      )}
    </>
  );
}

const DONE = 'event ~ "file.*" or event = watch.stopped';

function placesOf({ watches, baselines }: FileWatches): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { host, place, state } of watches) places.set(`${host} ${place}`, { host, place, baseline: undefined, watch: state });
  for (const baseline of baselines) {
    const { host, place } = baseline;
    places.set(`${host} ${place}`, { host, place, baseline, watch: places.get(`${host} ${place}`)?.watch });
  }
  return [...places.values()];
}
