import type { Severity } from '../../domain/finding.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray } from '../../domain/json.ts';
import type { SubjectKind } from '../item.ts';
import type { ReportedItem, ReviewReport } from './report.ts';

const CLASS_UID = 2008;
const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  info: [1, 'Informational'], low: [2, 'Low'], medium: [3, 'Medium'], high: [4, 'High'], critical: [5, 'Critical'],
};
const ACTIVITY = { open: [1, 'Create'], answered: [2, 'Update'], closed: [3, 'Close'] } as const;
/** What gives somebody a right; the rest of a campaign is on record as findings. */
const RIGHTS: readonly SubjectKind[] = ['binding', 'policy', 'exception', 'agent', 'admin', 'token'];

/** The rights of a campaign as IAM Analysis Findings (OCSF 1.8.0, class 2008), one each. */
export function ocsfReport(report: ReviewReport, version: string): readonly JsonObject[] {
  return report.items.filter(({ subject }) => RIGHTS.includes(subject.kind)).map((item) => eventOf(report, item, version));
}

function eventOf({ id, openedAt, closedAt }: ReviewReport, item: ReportedItem, version: string): JsonObject {
  const [severityId, severity] = SEVERITY[item.severity];
  const last = item.words.at(-1);
  const [activityId, activity] = ACTIVITY[item.state === 'open' ? 'open' : closedAt === undefined ? 'answered' : 'closed'];
  const statusOf = item.state === 'open' ? [1, 'New'] as const : item.remedy === 'task' || item.remedy === 'failed' || item.remedy === 'returned' ? [2,
    'In Progress'] as const
    : [4, 'Resolved'] as const;
  const [granted, unused] = [namesIn(item.evidence['granted']), item.evidence['unusedCount']];
  return {
    class_uid: CLASS_UID, class_name: 'IAM Analysis Finding', category_uid: 2, category_name: 'Findings', activity_id: activityId, activity_name: activity,
    type_uid: CLASS_UID * 100 + activityId, type_name: `IAM Analysis Finding: ${activity}`, time: last?.at ?? openedAt, severity_id: severityId, severity,
    status_id: statusOf[0], status: statusOf[1], status_detail: `${item.state}, ${item.remedy}`, message: item.title,
    metadata: { version: '1.8.0', product: { name: 'Sallyport', vendor_name: 'Sallyport', version }, uid: `${id}.${item.id}` },
    finding_info: { uid: item.id, title: item.title, types: [item.check], created_time: openedAt, ...(last === undefined ? {} : { modified_time: last.at }) },
    permission_analysis_results: [{
      policy: { uid: item.subject.id, name: `${item.subject.kind} ${item.subject.id}` },
      ...(granted === undefined ? {} : { granted_privileges: granted }), ...(typeof unused === 'number' ? { unused_privileges_count: unused } : {}),
    }],
    ...(last === undefined ? {} : { comment: last.reason }), ...(item.note === undefined ? {} : { remediation: { desc: item.note } }),
    ...(item.subject.server === undefined ? {} : { resources: [{ uid: item.subject.server, name: item.subject.server, type: 'MCP server' }] }),
  };
}

function namesIn(value: Json | undefined): readonly string[] | undefined {
  return isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}
