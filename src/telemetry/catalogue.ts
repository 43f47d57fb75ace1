import type { Role } from '../domain/role.ts';

/** One metric, as Prometheus knows it. Names and labels are an interface: dashboards and alert rules of others stand on them. */
export interface MetricInfo {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Who reports it. */
  readonly roles: readonly Role[];
  /** Upper bounds, ascending; histograms only. */
  readonly buckets?: readonly number[];
}

/** Of the MCP semantic conventions. */
const MCP_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;
const DECISION_BUCKETS = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25] as const;
const SESSION_BUCKETS = [1, 10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400] as const;
const ANSWER_BUCKETS = [3, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400] as const;
const CALL = ['mcp_method_name', 'server', 'gen_ai_tool_name', 'error_type', 'mcp_protocol_version'] as const;
const EVERY_ROLE = ['gateway', 'control', 'ledger', 'runner', 'egress'] as const;
const GATEWAY = ['gateway'] as const;
const LEDGER = ['ledger'] as const;
const CONTROL = ['control'] as const;
const WRITERS = ['gateway', 'control', 'egress'] as const;

type Row = Omit<MetricInfo, 'type' | 'buckets'>;

function rowOf(roles: Row['roles'], labels: Row['labels'], help: string): Row {
  return { roles, labels, help };
}

function counter(...of: Parameters<typeof rowOf>): MetricInfo {
  return { ...rowOf(...of), type: 'counter' };
}

function gauge(...of: Parameters<typeof rowOf>): MetricInfo {
  return { ...rowOf(...of), type: 'gauge' };
}

function histogram(roles: Row['roles'], labels: Row['labels'], help: string, buckets: readonly number[]): MetricInfo {
  return { ...rowOf(roles, labels, help), type: 'histogram', buckets };
}

/** No label ever names a principal, an agent, a session, an argument or a URI. Servers and tools are those of the registry. */
export const METRICS = {
  mcp_server_operation_duration_seconds: histogram(GATEWAY, CALL, 'Time from a request of a client to the end of its answer.', MCP_BUCKETS),
  mcp_client_operation_duration_seconds: histogram(GATEWAY, CALL, 'Time from a request to a server to the end of its answer.', MCP_BUCKETS),
  mcp_server_session_duration_seconds:
    histogram(GATEWAY, ['mcp_protocol_version'], 'Age of a legacy session of a client when it was ended.', SESSION_BUCKETS),
  mcp_client_session_duration_seconds:
    histogram(GATEWAY, ['mcp_protocol_version'], 'Age of a legacy session with a server when it was ended.', SESSION_BUCKETS),
  sallyport_decision_duration_seconds: histogram(GATEWAY, ['server'], 'Time that inspecting and deciding a call took.', DECISION_BUCKETS),
  sallyport_calls_permitted_total: counter(GATEWAY, ['server'], 'Calls that were permitted.'),
  sallyport_denials_total: counter(GATEWAY, ['server', 'code'], 'Calls that were denied.'),
  sallyport_refusals_total: counter(GATEWAY, ['code'], 'Requests refused before they were a call.'),
  sallyport_call_failures_total: counter(GATEWAY, ['server', 'code'], 'Permitted calls that failed or were cancelled.'),
  sallyport_results_withheld_total: counter(GATEWAY, ['server', 'code'], 'Results that were not given out.'),
  sallyport_findings_total: counter(GATEWAY, ['detector', 'severity'], 'Findings of detectors on recorded messages.'),
  sallyport_anomalies_total: counter(GATEWAY, ['rule'], 'Findings of the anomaly detectors.'),
  sallyport_events_total: counter(WRITERS, ['event'], 'Records that this role wrote, by event.'),
  sallyport_drift_total: counter(CONTROL, ['server'], 'Definitions found to differ from the approved ones.'),
  sallyport_credentials_released_total: counter(CONTROL, ['server'], 'Credentials released to gateways.'),
  sallyport_credentials_refused_total: counter(CONTROL, ['server'], 'Credentials asked for and not released.'),
  sallyport_open_exchanges: gauge(GATEWAY, [], 'Exchanges that are open now.'),
  sallyport_journal_backlog_records: gauge(WRITERS, [], 'Records that wait for the ledger.'),
  sallyport_snapshot_version: gauge(WRITERS, [], 'Version of the snapshot in force; 0: none.'),
  sallyport_lease_age_seconds: gauge(WRITERS, [], 'Age of the lease that decisions stand on.'),
  sallyport_lease_left_seconds: gauge(WRITERS, [], 'Time until the lease ends and nothing is decided any more.'),
  sallyport_kill_switches: gauge(WRITERS, ['kind'], 'Kill switches that are on.'),
  sallyport_approval_answer_seconds:
    histogram(CONTROL, ['answer'], 'Time from asking for an approval to its answer, or to its end without one.', ANSWER_BUCKETS),
  sallyport_proposals_open: gauge(CONTROL, [], 'Proposals that wait for a second person.'),
  sallyport_ledger_records_total: counter(LEDGER, [], 'Records in the log.'),
  sallyport_checkpoint_records: gauge(LEDGER, [], 'Records that the last signed checkpoint covers.'),
  sallyport_checkpoint_age_seconds: gauge(LEDGER, [], 'How long the oldest record without a signature has waited for one; 0: there is none.'),
  sallyport_ledger_damage: gauge(LEDGER, [], 'Places of the log that are not what was written, found at the start.'),
  sallyport_ledger_disk_free_bytes: gauge(LEDGER, [], 'Room on the disk of the log.'),
  sallyport_sink_lag_records: gauge(LEDGER, ['sink'], 'Records that a sink does not have yet.'),
  sallyport_sink_lag_seconds: gauge(LEDGER, ['sink'], 'Age of the oldest record that a sink does not have yet.'),
  sallyport_sink_sent_total: counter(LEDGER, ['sink'], 'Records handed to a sink since the start.'),
  sallyport_sink_parked_total: counter(LEDGER, ['sink'], 'Records that a sink refuses for good.'),
  sallyport_sink_failing: gauge(LEDGER, ['sink'], '1 while a sink takes nothing.'),
  sallyport_runner_processes: gauge(['runner'], [], 'Local servers that run.'),
  sallyport_egress_processes: gauge(['egress'], [], 'Processes of local servers that may connect to hosts.'),
  sallyport_egress_connections: gauge(['egress'], [], 'Connections of local servers that are open.'),
  sallyport_egress_connections_total: counter(['egress'], ['server'], 'Connections of local servers that were opened.'),
  sallyport_egress_refusals_total: counter(['egress'], ['server', 'code'], 'Names and connections that local servers were refused.'),
  sallyport_egress_bytes_total: counter(['egress'], ['server', 'direction'], 'Bytes of connections of local servers that ended.'),
  sallyport_spans_exported_total: counter(GATEWAY, [], 'Spans that the collector took.'),
  sallyport_spans_dropped_total: counter(GATEWAY, ['reason'], 'Spans that were not told, by reason.'),
  sallyport_metric_series_folded_total: counter(EVERY_ROLE, [], 'Values counted under "other" because a metric had too many series.'),
  sallyport_role_info: gauge(EVERY_ROLE, ['role', 'node'], 'Always 1: who this is.'),
  process_cpu_seconds_total: counter(EVERY_ROLE, [], 'CPU time of this process.'),
  process_resident_memory_bytes: gauge(EVERY_ROLE, [], 'Resident memory of this process.'),
  process_start_time_seconds: gauge(EVERY_ROLE, [], 'When this process started, Unix time.'),
} as const satisfies Readonly<Record<string, MetricInfo>>;

export type MetricName = keyof typeof METRICS;
