import { idOf, SEVERITIES } from '../../domain/finding.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { CONFIDENTIALITIES } from '../../domain/server.ts';
import type { FieldName } from './fields.ts';

/** A record by its fields: texts, numbers, ranks as numbers, lists. What it does not have is absent. */
export type Row = { readonly [Name in FieldName]?: string | number | readonly string[] | undefined };

export interface Placed {
  readonly position: number;
  readonly role: string;
  readonly record: JournalRecord;
}

/** The fields of a record, for filters on either side: in the index and outside it. Believes nothing of the record but its shape. */
export function rowOf({ position, role, record }: Placed): Row {
  const { findings = [], shadowFindings = [], labels } = record;
  const severity = findings.reduce((worst, one) => Math.max(worst, SEVERITIES.indexOf(one.severity)), -1);
  const confidentiality = labels === undefined ? -1 : CONFIDENTIALITIES.indexOf(labels.confidentiality);
  return {
    position, role, at: record.at, exchange: text(record.exchange), trace: text(record.trace?.traceId), latency: record.latencyMs, size: record.sizeBytes,
    context: text(record.context), principal: text(record.principal), kind: text(record.principalKind), agent: text(record.agent),
    actor: list(record.actors), client: text(record.client?.name), address: text(record.address), node: text(record.node),
    route: text(record.route), method: text(record.method), action: text(record.action), server: text(record.server), tool: text(record.tool),
    dispatcher: list(record.dispatchers), definition: text(record.definition), effect: text(record.effect),
    category: text(record.category), event: text(record.event), code: text(record.code), policy: list(record.policies),
    finding: list(findings.map(idOf)), shadow: list(shadowFindings.map(idOf)), severity: rank(severity), confidentiality: rank(confidentiality),
    label: list(labels?.categories), integrity: text(labels?.integrity), snapshot: record.snapshot,
  };
}

/** SQLite keeps UTF-8: half a surrogate pair would come back as something else. */
function text(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value.toWellFormed();
}

function list(values: readonly string[] | undefined): readonly string[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values.map((value) => value.toWellFormed());
}

function rank(value: number): number | undefined {
  return value < 0 ? undefined : value;
}
