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
const CALL = ['mcp_method_name', 'server', 'gen_ai_tool_name', 'error_type', 'mcp_protocol_version'] as const;
const EVERY_ROLE = ['gateway', 'control', 'ledger', 'runner'] as const;
const GATEWAY = ['gateway'] as const;
const LEDGER = ['ledger'] as const;
const CONTROL = ['control'] as const;
const WRITERS = ['gateway', 'control'] as const;

/** No label ever names a principal, an agent, a session, an argument or a URI. Servers and tools are those of the registry. */
export const METRICS = {
  mcp_server_operation_duration_seconds: { type: 'histogram', help: 'Time from a request of a client to the end of its answer.', labels: CALL, roles: GATEWAY, buckets: MCP_BUCKETS },
  mcp_client_operation_duration_seconds: { type: 'histogram', help: 'Time from a request to a server to the end of its answer.', labels: CALL, roles: GATEWAY, buckets: MCP_BUCKETS },
  mcp_server_session_duration_seconds: { type: 'histogram', help: 'Age of a legacy session of a client when it was ended.', labels: ['mcp_protocol_version'], roles: GATEWAY, buckets: SESSION_BUCKETS },
  mcp_client_session_duration_seconds: { type: 'histogram', help: 'Age of a legacy session with a server when it was ended.', labels: ['mcp_protocol_version'], roles: GATEWAY, buckets: SESSION_BUCKETS },
  sallyport_decision_duration_seconds: { type: 'histogram', help: 'Time that inspecting and deciding a call took.', labels: ['server'], roles: GATEWAY, buckets: DECISION_BUCKETS },
  sallyport_calls_permitted_total: { type: 'counter', help: 'Calls that were permitted.', labels: ['server'], roles: GATEWAY },
  sallyport_denials_total: { type: 'counter', help: 'Calls that were denied.', labels: ['server', 'code'], roles: GATEWAY },
  sallyport_refusals_total: { type: 'counter', help: 'Requests refused before they were a call.', labels: ['code'], roles: GATEWAY },
  sallyport_call_failures_total: { type: 'counter', help: 'Permitted calls that failed or were cancelled.', labels: ['server', 'code'], roles: GATEWAY },
  sallyport_results_withheld_total: { type: 'counter', help: 'Results that were not given out.', labels: ['server', 'code'], roles: GATEWAY },
  sallyport_findings_total: { type: 'counter', help: 'Findings of detectors on recorded messages.', labels: ['detector', 'severity'], roles: GATEWAY },
  sallyport_anomalies_total: { type: 'counter', help: 'Findings of the anomaly detectors.', labels: ['rule'], roles: GATEWAY },
  sallyport_events_total: { type: 'counter', help: 'Records that this role wrote, by event.', labels: ['event'], roles: WRITERS },
  sallyport_drift_total: { type: 'counter', help: 'Definitions found to differ from the approved ones.', labels: ['server'], roles: CONTROL },
  sallyport_credentials_released_total: { type: 'counter', help: 'Credentials released to gateways.', labels: ['server'], roles: CONTROL },
  sallyport_credentials_refused_total: { type: 'counter', help: 'Credentials asked for and not released.', labels: ['server'], roles: CONTROL },
  sallyport_open_exchanges: { type: 'gauge', help: 'Exchanges that are open now.', labels: [], roles: GATEWAY },
  sallyport_journal_backlog_records: { type: 'gauge', help: 'Records that wait for the ledger.', labels: [], roles: WRITERS },
  sallyport_snapshot_version: { type: 'gauge', help: 'Version of the snapshot in force; 0: none.', labels: [], roles: WRITERS },
  sallyport_lease_age_seconds: { type: 'gauge', help: 'Age of the lease that decisions stand on.', labels: [], roles: WRITERS },
  sallyport_lease_left_seconds: { type: 'gauge', help: 'Time until the lease ends and nothing is decided any more.', labels: [], roles: WRITERS },
  sallyport_kill_switches: { type: 'gauge', help: 'Kill switches that are on.', labels: ['kind'], roles: WRITERS },
  sallyport_proposals_open: { type: 'gauge', help: 'Proposals that wait for a second person.', labels: [], roles: CONTROL },
  sallyport_ledger_records_total: { type: 'counter', help: 'Records in the log.', labels: [], roles: LEDGER },
  sallyport_checkpoint_records: { type: 'gauge', help: 'Records that the last signed checkpoint covers.', labels: [], roles: LEDGER },
  sallyport_checkpoint_age_seconds: { type: 'gauge', help: 'How long the oldest record without a signature has waited for one; 0: there is none.', labels: [], roles: LEDGER },
  sallyport_ledger_damage: { type: 'gauge', help: 'Places of the log that are not what was written, found at the start.', labels: [], roles: LEDGER },
  sallyport_ledger_disk_free_bytes: { type: 'gauge', help: 'Room on the disk of the log.', labels: [], roles: LEDGER },
  sallyport_sink_lag_records: { type: 'gauge', help: 'Records that a sink does not have yet.', labels: ['sink'], roles: LEDGER },
  sallyport_sink_lag_seconds: { type: 'gauge', help: 'Age of the oldest record that a sink does not have yet.', labels: ['sink'], roles: LEDGER },
  sallyport_sink_sent_total: { type: 'counter', help: 'Records handed to a sink since the start.', labels: ['sink'], roles: LEDGER },
  sallyport_sink_parked_total: { type: 'counter', help: 'Records that a sink refuses for good.', labels: ['sink'], roles: LEDGER },
  sallyport_sink_failing: { type: 'gauge', help: '1 while a sink takes nothing.', labels: ['sink'], roles: LEDGER },
  sallyport_runner_processes: { type: 'gauge', help: 'Local servers that run.', labels: [], roles: ['runner'] },
  sallyport_spans_exported_total: { type: 'counter', help: 'Spans that the collector took.', labels: [], roles: GATEWAY },
  sallyport_spans_dropped_total: { type: 'counter', help: 'Spans that were not told, by reason.', labels: ['reason'], roles: GATEWAY },
  sallyport_metric_series_folded_total: { type: 'counter', help: 'Values counted under "other" because a metric had too many series.', labels: [], roles: EVERY_ROLE },
  sallyport_role_info: { type: 'gauge', help: 'Always 1: who this is.', labels: ['role', 'node'], roles: EVERY_ROLE },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time of this process.', labels: [], roles: EVERY_ROLE },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of this process.', labels: [], roles: EVERY_ROLE },
  process_start_time_seconds: { type: 'gauge', help: 'When this process started, Unix time.', labels: [], roles: EVERY_ROLE },
} as const satisfies Readonly<Record<string, MetricInfo>>;

export type MetricName = keyof typeof METRICS;
