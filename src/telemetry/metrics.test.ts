import { expect, test } from 'bun:test';
import { LIMITS } from '../domain/limits.ts';
import { redactDetail } from '../domain/redacted.ts';
import { countRecords } from './count-records.ts';
import { createMetrics } from './metrics.ts';

test('a histogram is written as Prometheus reads it: cumulative, with sum and count', async () => {
  const metrics = createMetrics('gateway', 'n');
  for (const value of [0.000_02, 0.000_02, 0.3, 9]) metrics.observe('sallyport_decision_duration_seconds', ['crm'], value);
  const text = await metrics.text();
  expect(text).toContain('# TYPE sallyport_decision_duration_seconds histogram\n');
  expect(text).toContain('sallyport_decision_duration_seconds_bucket{server="crm",le="0.00001"} 0\n');
  expect(text).toContain('sallyport_decision_duration_seconds_bucket{server="crm",le="0.000025"} 2\n');
  expect(text).toContain('sallyport_decision_duration_seconds_bucket{server="crm",le="+Inf"} 4\n');
  expect(text).toContain('sallyport_decision_duration_seconds_count{server="crm"} 4\n');
});

test('labels are escaped, and only what a role reports is there', async () => {
  const metrics = createMetrics('gateway', 'a"b\\c\nd');
  metrics.count('sallyport_sink_sent_total', ['never here']);
  const text = await metrics.text();
  expect(text).toContain('sallyport_role_info{role="gateway",node="a\\"b\\\\c\\nd"} 1\n');
  expect(text).not.toContain('sallyport_sink_sent_total');
});

test('what grows without end is counted together', async () => {
  const metrics = createMetrics('gateway', 'n');
  for (let at = 0; at < LIMITS.metricSeriesMax + 50; at += 1) metrics.count('sallyport_denials_total', [`s${at}`, 'ERR_POLICY_DENIED']);
  const text = await metrics.text();
  expect(text.split('\n').filter((line) => line.startsWith('sallyport_denials_total{')).length).toBe(LIMITS.metricSeriesMax + 1);
  expect(text).toContain('sallyport_denials_total{server="other",code="other"} 50\n');
  expect(text).toContain('sallyport_metric_series_folded_total 50\n');
});

test('a reading that fails is left out, and keeps nobody else from being read', async () => {
  const metrics = createMetrics('gateway', 'n');
  metrics.read('sallyport_open_exchanges', () => {
    throw new Error('away');
  });
  metrics.read('sallyport_snapshot_version', () => Promise.resolve(7));
  const text = await metrics.text();
  expect(text).not.toMatch(/^sallyport_open_exchanges \d/m);
  expect(text).toContain('sallyport_snapshot_version 7\n');
});

test('how long people took to answer is measured once each, when the last of them has', async () => {
  const metrics = createMetrics('control', 'n');
  const journal = countRecords({ append: () => Promise.resolve(0) }, metrics);
  const base = { id: '1', at: 1, node: 'n', space: 'default', exchange: 'x', category: 'access' } as const;
  await journal.append({ ...base, event: 'approval.granted', detail: redactDetail({ complete: false, answeredMs: 4_000 }) });
  await journal.append({ ...base, event: 'approval.granted', detail: redactDetail({ complete: true, answeredMs: 50_000 }) });
  await journal.append({ ...base, event: 'approval.expired', detail: redactDetail({ ageMs: 900_000 }) });
  const text = await metrics.text();
  expect(text).toContain('sallyport_approval_answer_seconds_sum{answer="granted"} 50\n');
  expect(text).toContain('sallyport_approval_answer_seconds_bucket{answer="expired",le="900"} 1\n');
  expect(text).not.toContain('answer="denied"');
});

test('records are counted on their way to the journal, and those that wait', async () => {
  const metrics = createMetrics('gateway', 'n');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const journal = countRecords({ append: () => promise }, metrics);
  const base = { id: '1', at: 1, node: 'n', space: 'team', exchange: 'x', server: 'crm' } as const;
  const first = journal.append({
    ...base, category: 'access', event: 'call.denied', code: 'ERR_POLICY_DENIED', stages: { decide: 40 },
    findings: [{ detector: 'anomaly', rule: 'rate', severity: 'high', at: [] }],
  });
  expect(journal.waiting).toBe(1);
  resolve(0);
  await first;
  expect(journal.waiting).toBe(0);
  const text = await metrics.text();
  expect(text).toContain('sallyport_denials_total{server="team/crm",code="ERR_POLICY_DENIED"} 1\n');
  expect(text).toContain('sallyport_findings_total{detector="anomaly",severity="high"} 1\n');
  expect(text).toContain('sallyport_anomalies_total{rule="rate"} 1\n');
  expect(text).toContain('sallyport_decision_duration_seconds_bucket{server="team/crm",le="0.00005"} 1\n');
  reject(new Error('unused'));
});
