import type { Control } from '../control/control.ts';
import { listStored } from '../control/stored.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CountedJournal } from '../telemetry/count-records.ts';
import { createMetricsPlace, leaseReadings, type MetricsPlaceOptions } from './telemetry.ts';

export interface ControlTelemetryParts extends Pick<MetricsPlaceOptions, 'home' | 'certify'> {
  readonly metrics: Metrics;
  readonly control: Control;
  readonly journal: CountedJournal;
}

/** What control says of itself: proposals, leases, drift, credentials; where the settings want it. */
export function joinControlTelemetry({ home, metrics, control, journal, certify }: ControlTelemetryParts): { close(): void } {
  const place = createMetricsPlace({ home, role: 'control', node: 'control', metrics, ...(certify === undefined ? {} : { certify }) });
  leaseReadings(metrics, () => control.lease.current?.lease, () => control.snapshots.current?.version);
  metrics.read('sallyport_journal_backlog_records', () => journal.waiting);
  metrics.read('sallyport_proposals_open', async () => {
    const now = control.now();
    return (await listStored(control.store, 'proposal')).filter(({ body }) => body.state === 'open' && body.expiresAt > now).length;
  });
  control.telemetry.onSettings((settings) => void place.configure(settings?.metrics));
  return place;
}
