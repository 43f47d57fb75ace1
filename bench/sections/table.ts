import type { Figure, Row } from '../figures.ts';
import type { Bench } from '../targets/target.ts';
import { measureAnomaly } from './anomaly.ts';
import { measureConsole } from './console.ts';
import { measureConsoleSessions } from './console-sessions.ts';
import { measureContainment } from './containment.ts';
import { measureDiscoverHost } from './discover-host.ts';
import { measureDiscoverNetwork } from './discover-network.ts';
import { measureFlow } from './flow.ts';
import { measureIdentity } from './identity.ts';
import { measureIncidents } from './incidents.ts';
import { measureInspect } from './inspect.ts';
import { measureIssuing } from './issuing.ts';
import { measureJails } from './jails.ts';
import { measureLedger } from './ledger.ts';
import { measureLink } from './link.ts';
import { measureLogs } from './logs.ts';
import { measurePolicies } from './policy.ts';
import { measureQuery } from './query.ts';
import { ratios } from './ratios.ts';
import { measureBackup } from './backup.ts';
import { measureRecords } from './records.ts';
import { measureReviews } from './reviews.ts';
import { measureRedTeam } from './red-team.ts';
import { measureSandbox } from './sandbox.ts';
import { measureSessions } from './sessions.ts';
import { measureSize } from './size.ts';
import { measureTelemetry } from './telemetry.ts';
import { measureList, measureMemory, measureStart } from './running.ts';
import { measureSinks } from './sinks.ts';
import { measureWatch } from './watch.ts';

/** A figure that is no table of calls. Rejects with a reason when it cannot be measured. */
export interface Section {
  readonly name: string;
  measure(bench: Bench, rows: readonly Row[]): Promise<Figure[]>;
}

export const SECTIONS: readonly Section[] = [
  { name: 'ratios', measure: (_, rows) => Promise.resolve(ratios(rows)) },
  { name: 'memory', measure: measureMemory },
  { name: 'list', measure: measureList },
  { name: 'start', measure: measureStart },
  { name: 'policies', measure: measurePolicies },
  { name: 'identity', measure: measureIdentity },
  { name: 'issuing', measure: measureIssuing },
  { name: 'records', measure: measureRecords },
  { name: 'ledger', measure: measureLedger },
  { name: 'link', measure: measureLink },
  { name: 'anomaly', measure: measureAnomaly },
  { name: 'inspect', measure: measureInspect },
  { name: 'flow', measure: measureFlow },
  { name: 'query', measure: measureQuery },
  { name: 'sessions', measure: measureSessions },
  { name: 'sinks', measure: measureSinks },
  { name: 'telemetry', measure: measureTelemetry },
  { name: 'jails', measure: measureJails },
  { name: 'sandbox', measure: measureSandbox },
  { name: 'size', measure: measureSize },
  { name: 'backup', measure: measureBackup },
  { name: 'logs', measure: measureLogs },
  { name: 'discover-host', measure: measureDiscoverHost },
  { name: 'discover-network', measure: measureDiscoverNetwork },
  { name: 'watch', measure: measureWatch },
  { name: 'incidents', measure: measureIncidents },
  { name: 'containment', measure: measureContainment },
  { name: 'console', measure: measureConsole },
  { name: 'console-sessions', measure: measureConsoleSessions },
  { name: 'reviews', measure: measureReviews },
  { name: 'red-team', measure: measureRedTeam },
];
