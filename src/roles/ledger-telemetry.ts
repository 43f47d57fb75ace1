import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../audit/ledger.ts';
import type { SinkStatus } from '../domain/sink.ts';
import type { Handler } from '../link/handler.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createMetricsPlace, metricsHandler } from './telemetry.ts';

/** What the ledger says of its log and sinks, on its own machine, where control wants it. */
export interface LedgerTelemetry {
  readonly handlers: Readonly<Record<string, Handler>>;
  close(): void;
}

const MARK_MS = 1_000;
const MARKS_MAX = 3_600;

export function createLedgerTelemetry(home: string, opened: Promise<Ledger>, sinks: () => readonly SinkStatus[]): LedgerTelemetry {
  const metrics = createMetrics('ledger', 'ledger');
  const dir = join(home, 'ledger');
  let stopGrown: (() => void) | undefined;
  opened.then((ledger) => {
    const unsigned = createUnsigned();
    stopGrown = ledger.onGrown(() => unsigned.grown(ledger.next, Date.now()));
    metrics.read('sallyport_ledger_records_total', () => ledger.next);
    metrics.read('sallyport_ledger_damage', () => ledger.damage.length);
    metrics.read('sallyport_checkpoint_records', async () => sizeOf(await ledger.checkpoint(ledger.next)));
    metrics.read('sallyport_checkpoint_age_seconds', async () => unsigned.ageMs(sizeOf(await ledger.checkpoint(ledger.next)), Date.now()) / 1_000);
  }, () => undefined);
  metrics.read('sallyport_ledger_disk_free_bytes', () => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  });
  const bySink = (of: (status: SinkStatus) => number): (() => readonly (readonly [readonly string[], number])[]) =>
    () => sinks().map((status) => [[status.name], of(status)] as const);
  metrics.read('sallyport_sink_lag_records', bySink(({ lagRecords }) => lagRecords));
  metrics.read('sallyport_sink_lag_seconds', bySink(({ lagMs }) => lagMs / 1_000));
  metrics.read('sallyport_sink_sent_total', bySink(({ sent }) => sent));
  metrics.read('sallyport_sink_parked_total', bySink(({ parked }) => parked));
  metrics.read('sallyport_sink_failing', bySink(({ state }) => (state === 'ok' ? 0 : 1)));
  const place = createMetricsPlace({ home, role: 'ledger', node: 'ledger', metrics });
  return {
    handlers: { 'ledger.telemetry': metricsHandler(place) },
    close() {
      stopGrown?.();
      place.close();
    },
  };
}

/** The second line of a checkpoint is its size (C2SP tlog-checkpoint). */
function sizeOf({ note }: { readonly note: string }): number {
  return Number(note.split('\n')[1]);
}

interface Unsigned {
  grown(next: number, now: number): void;
  /** How long the oldest record beyond `signed` has been there, to a second. */
  ageMs(signed: number, now: number): number;
}

function createUnsigned(): Unsigned {
  let marks: { readonly next: number; readonly at: number }[] = [];
  return {
    grown(next, now) {
      const last = marks.at(-1);
      if (last !== undefined && now - last.at < MARK_MS) return;
      if (marks.length >= MARKS_MAX) marks.shift();
      marks.push({ next, at: now });
    },
    ageMs(signed, now) {
      marks = marks.filter(({ next }) => next > signed);
      return marks[0] === undefined ? 0 : now - marks[0].at;
    },
  };
}
