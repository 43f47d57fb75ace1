import { isObject, type JsonObject } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';
import type { Metrics } from './metrics.ts';

/** A journal whose records are counted on their way: what a dashboard shows is what was written down. */
export interface CountedJournal extends Journal {
  /** Records that wait for their position. */
  readonly waiting: number;
}

export function countRecords(journal: Journal, metrics: Pick<Metrics, 'count' | 'observe'>): CountedJournal {
  let waiting = 0;
  const settled = (): void => {
    waiting -= 1;
  };
  return {
    append(record, body) {
      waiting += 1;
      count(record, metrics);
      const appended = journal.append(record, body);
      appended.then(settled, settled);
      return appended;
    },
    get waiting() {
      return waiting;
    },
  };
}

const MICROSECONDS = 1e6;

function count(record: JournalRecord, metrics: Pick<Metrics, 'count' | 'observe'>): void {
  const { event, code = '', findings, stages } = record;
  const server = serverOf(record);
  metrics.count('sallyport_events_total', [event]);
  if (event === 'call.permitted') metrics.count('sallyport_calls_permitted_total', [server]);
  if (event === 'call.denied') metrics.count('sallyport_denials_total', [server, code]);
  else if (event === 'call.refused' || event === 'flood.refused') metrics.count('sallyport_refusals_total', [code]);
  else if (event === 'call.failed' || event === 'call.cancelled') metrics.count('sallyport_call_failures_total', [server, code]);
  else if (event === 'result.withheld') metrics.count('sallyport_results_withheld_total', [server, code]);
  else if (event === 'drift.found') metrics.count('sallyport_drift_total', [server]);
  else if (event === 'credential.released') metrics.count('sallyport_credentials_released_total', [server]);
  else if (event === 'credential.refused') metrics.count('sallyport_credentials_refused_total', [server]);
  if ((event === 'call.permitted' || event === 'call.denied') && stages?.['decide'] !== undefined) {
    metrics.observe('sallyport_decision_duration_seconds', [server], stages['decide'] / MICROSECONDS);
  }
  answered(record, metrics);
  connected(record, server, metrics);
  for (const { detector, rule, severity } of findings ?? []) {
    metrics.count('sallyport_findings_total', [detector, severity]);
    if (detector === ANOMALY) metrics.count('sallyport_anomalies_total', [rule]);
  }
}

const ANSWERS: Readonly<Partial<Record<JournalRecord['event'], string>>> = {
  'approval.granted': 'granted', 'approval.denied': 'denied', 'approval.expired': 'expired',
};

/** How long people took to answer a call; one of several who must has not answered it yet. */
function answered({ event, detail }: JournalRecord, metrics: Pick<Metrics, 'observe'>): void {
  const answer = ANSWERS[event];
  const said: JsonObject = isObject(detail) ? detail : {};
  const { answeredMs, ageMs, complete } = said;
  const ms = answeredMs ?? ageMs;
  if (answer !== undefined && typeof ms === 'number' && complete !== false) metrics.observe('sallyport_approval_answer_seconds', [answer], ms / 1_000);
}

/** What passed is known when a connection ends. */
function connected({ event, code = '', detail }: JournalRecord, server: string, metrics: Pick<Metrics, 'count'>): void {
  if (event === 'connection.opened') metrics.count('sallyport_egress_connections_total', [server]);
  else if (event === 'connection.refused') metrics.count('sallyport_egress_refusals_total', [server, code]);
  else if (event === 'connection.closed') {
    const said: JsonObject = isObject(detail) ? detail : {};
    for (const [direction, bytes] of [['out', said['sentBytes']], ['in', said['receivedBytes']]] as const) {
      if (typeof bytes === 'number') metrics.count('sallyport_egress_bytes_total', [server, direction], bytes);
    }
  }
}

const ANOMALY = 'anomaly';

/** The registry's own names alone: what a refused request only named is not in its record's `server`. */
function serverOf({ server = '', space }: JournalRecord): string {
  return space === DEFAULT_SPACE || server === '' ? server : `${space}/${server}`;
}
