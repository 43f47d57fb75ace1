import type { ReactNode } from 'react';
import type { FileWatches, WatchRow } from '../../../src/control/files/answer.ts';
import type { SensorRow, SensorsHeard } from '../../../src/control/inventory/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { useMay } from '../../api/me.ts';
import { State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { span, Time } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

const SENSORS: readonly Column<SensorRow>[] = [
  { id: 'node', title: t('inventory.sensor'), cell: ({ node }) => <Text value={node} line />, sort: ({ node }) => node },
  { id: 'host', title: t('inventory.host'), cell: ({ host }) => <Text value={host} line />, sort: ({ host }) => host },
  { id: 'state', title: t('inventory.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'heard', title: t('inventory.heard'), width: 'fit', cell: ({ seenAt }) => <Time at={seenAt} />, sort: ({ seenAt }) => seenAt },
  { id: 'every', title: t('inventory.every'), width: 'fit', align: 'right', cell: ({ everyMs }) => span(everyMs), sort: ({ everyMs }) => everyMs },
  { id: 'queued', title: t('inventory.queued'), width: 'fit', align: 'right', cell: ({ queued }) => queued, sort: ({ queued }) => queued },
  { id: 'dropped', title: t('inventory.dropped'), width: 'fit', align: 'right', cell: ({ dropped }) => dropped, sort: ({ dropped }) => dropped },
];

const WATCHES: readonly Column<WatchRow>[] = [
  { id: 'host', title: t('inventory.host'), cell: ({ host }) => <Text value={host} line />, sort: ({ host }) => host },
  { id: 'place', title: t('inventory.place'), width: 2, cell: ({ place }) => <Text value={place} mono line /> },
  { id: 'state', title: t('inventory.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'heard', title: t('inventory.heard'), width: 'fit', cell: ({ seenAt }) => <Time at={seenAt} />, sort: ({ seenAt }) => seenAt },
  { id: 'by', title: t('inventory.by'), cell: ({ principal }) => <Text value={principal} line /> },
];

/** Who looks around the gate, and of whom nothing is heard any more. */
export function Sensors(): ReactNode {
  const everywhere = useMay('read', 'organisation');
  const watches = useAsk<FileWatches>('/file-watches');
  return (
    <>
      <Panel title={t('inventory.hostSensors')} flush>
        {everywhere ? <OfHosts /> : <Empty title={t('inventory.sensorsElsewhere')} />}
      </Panel>
      <Panel title={t('inventory.watches')} flush>
        <Asked of={watches}>
          {({ watches: rows }) => (
            <Table label={t('inventory.watches')} rows={rows} columns={WATCHES} id={({ host, place, principal }) => `${host} ${place} ${principal}`}
              empty={<Empty title={t('inventory.noWatch')}><p>{t('inventory.noWatchSays')}</p><CommandLine words={['config', 'watch']} /></Empty>} />
          )}
        </Asked>
      </Panel>
    </>
  );
}

function OfHosts(): ReactNode {
  const sensors = useAsk<SensorsHeard>('/inventory/sensors', {}, { reach: 'organisation' });
  return (
    <Asked of={sensors}>
      {({ sensors: rows }) => (
        <Table label={t('inventory.hostSensors')} rows={rows} columns={SENSORS} id={({ node }) => node}
          empty={<Empty title={t('inventory.noSensor')}><p>{t('inventory.noSensorSays')}</p><CommandLine words={['sensor', '--node', 'laptop-7']} /></Empty>} />
      )}
    </Asked>
  );
}
