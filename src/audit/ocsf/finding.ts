import { SEVERITIES } from '../../domain/finding.ts';
import type { Finding, Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { apiOf } from './what.ts';
import { actorOf, said, sourceOf } from './who.ts';

/** The higher of what an event weighs and what its findings weigh. */
export function severityOf(event: Severity, findings: readonly Finding[] = []): Severity {
  return findings.reduce((worst, { severity }) => (rank(severity) > rank(worst) ? severity : worst), event);
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** What a Detection Finding says beyond every event: what was detected, by what, and on which evidence. */
export function findingParts(record: JournalRecord, title: string): JsonObject {
  const { id, at, event, reason, findings = [], category, exchange, server, address } = record;
  const [first] = findings;
  const analytic = first === undefined
    ? { uid: `sallyport/${event}`, name: event, type_id: 1, type: 'Rule' }
    : { uid: `${first.detector}/${first.rule}`, name: first.detector, ...(first.rarity === undefined ? RULE : STATISTICAL) };
  return said({
    finding_info: said({
      uid: id, title, desc: reason, created_time: at, types: [category], analytic,
      related_events: exchange === '' || exchange === id ? [] : [{ uid: exchange }],
    }),
    evidences: [said({
      actor: actorOf(record), api: server === undefined ? undefined : apiOf(record), src_endpoint: address === undefined ? undefined : sourceOf(record),
      data: record.detail,
    })],
    anomaly_analyses: findings.filter(({ rarity }) => rarity !== undefined).map(anomalyOf),
  });
}

const RULE = { type_id: 1, type: 'Rule' } as const;
const STATISTICAL = { type_id: 3, type: 'Statistical' } as const;

function anomalyOf({ rule, detector, seen = '', expected, rarity }: Finding): JsonObject {
  const observed = { observation_parameter: rule, observation_type: 'rarity', observations: [{ value: seen }], observed_pattern: String(rarity) };
  return said({
    analysis_targets: [{ name: detector, type: 'detector' }],
    anomalies: [observed],
    baselines: expected === undefined ? [] : [{ observation_parameter: rule, observations: [{ value: expected }] }],
  });
}

/** Findings beside an event of another class. */
export function enrichmentsOf({ findings = [] }: JournalRecord): readonly JsonObject[] {
  return findings.map((finding) => ({
    name: 'finding', value: `${finding.detector}/${finding.rule}`, type: finding.severity, provider: finding.detector,
    data: said({
      at: finding.at, labels: finding.labels === undefined ? undefined : { ...finding.labels },
      expected: finding.expected, seen: finding.seen, rarity: finding.rarity,
    }),
  }));
}
