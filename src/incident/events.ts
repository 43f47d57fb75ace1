import { SEVERITIES } from '../domain/finding.ts';
import type { Severity } from '../domain/finding.ts';
import type { Subjects } from '../domain/incident.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';

/** What a record tells of, before it is known whom it is about. */
export interface Told {
  readonly source: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly subjects?: Subjects;
}

type Reader = (record: JsonObject) => readonly Told[];

/** The ids of the policies that ship, whatever stands before them. */
const SHIPPED_POLICY = /(?:^|\/)default\/([a-z-]{1,60})$/;

const DRIFT_SEVERITIES: Readonly<Record<string, Severity>> = { formatting: 'info', text: 'medium', schema: 'high', effect: 'high' };

/** How grave a definition's finding is that was counted when a server's definitions left what was approved. */
const IN_DEFINITION: Severity = 'high';

const STATUS_SEVERITIES: Readonly<Record<string, Severity>> = { rogue: 'high', bypassing: 'high', orphaned: 'low', stale: 'info' };

/** A package that is not what was checked is worse than one that a rule keeps out. */
const PACKAGE_SEVERITIES: Readonly<Record<string, Severity>> = {
  ERR_PACKAGE_TAMPERED: 'critical', ERR_PACKAGE_INTEGRITY: 'high', ERR_PACKAGE_PROVENANCE: 'high', ERR_PACKAGE_ARCHIVE: 'high',
};

/**
 * Events that look wrong by themselves, and how each is read. The source is the event, the rule what is said of it: a code, a
 * class, a status. Closed: an event that is not here makes signals by its findings alone.
 */
export const EVENTS: Readonly<Record<string, Reader>> = {
  'call.denied': (record) => [...shippedPolicies(record), ...coded('call.denied', 'low')(record)],
  'message.denied': (record) => [...shippedPolicies(record), ...coded('message.denied', 'low')(record)],
  'result.withheld': coded('result.withheld', 'low'),
  'call.refused': coded('call.refused', 'low'),
  'flood.refused': coded('flood.refused', 'medium', 'flood'),
  'drift.found': drifted,
  'segment.drifted': coded('segment.drifted', 'medium', 'drifted'),
  'inventory.found': stands,
  'inventory.changed': stands,
  'sensor.silent': coded('sensor.silent', 'medium', 'silent'),
  'file.changed': changed,
  'watch.stopped': coded('watch.stopped', 'low', 'stopped'),
  'package.refused': refusedPackage,
  'server.failed': refusedPackage,
  'config.refused': coded('config.refused', 'critical', 'refused'),
  'config.noticed': coded('config.noticed', 'medium', 'noticed'),
  'recovery.refused': coded('recovery.refused', 'high', 'refused'),
  'record.corrupt': coded('record.corrupt', 'critical', 'corrupt'),
  'checkpoint.failed': coded('checkpoint.failed', 'high', 'failed'),
  'clock.jumped': coded('clock.jumped', 'medium', 'jumped'),
  'connection.refused': coded('connection.refused', 'medium', 'refused'),
  'credential.refused': coded('credential.refused', 'medium', 'refused'),
  'freeze.refused': coded('freeze.refused', 'medium', 'refused'),
  'agent.unknown': coded('agent.unknown', 'low', 'unknown'),
  'admin.refused': coded('admin.refused', 'low', 'refused'),
  'person.refused': coded('person.refused', 'low', 'refused'),
  'token.refused': coded('token.refused', 'low', 'refused'),
  'break-glass.refused': coded('break-glass.refused', 'high', 'refused'),
  'approval.denied': coded('approval.denied', 'medium', 'denied'),
};

function coded(source: string, severity: Severity, otherwise = 'denied'): Reader {
  return ({ code }) => [{ source, rule: typeof code === 'string' ? code : otherwise, severity }];
}

/** A call that one of the policies that ship stood against, whether it was refused or held for a person. */
function shippedPolicies({ policies }: JsonObject): readonly Told[] {
  if (!isArray(policies)) return [];
  return policies.flatMap((policy): readonly Told[] => {
    const rule = typeof policy === 'string' ? SHIPPED_POLICY.exec(policy)?.[1] : undefined;
    return rule === undefined ? [] : [{ source: 'policy', rule, severity: 'medium' }];
  });
}

/** Each definition that left what was approved, and what detectors see in what it says now. */
function drifted({ detail }: JsonObject): readonly Told[] {
  if (!isObject(detail)) return [];
  const { drift, findings } = detail;
  const told = (isArray(drift) ? drift : []).filter(isObject).map((one): Told => {
    const { class: rule, kind, name } = one;
    const severity = typeof rule === 'string' ? DRIFT_SEVERITIES[rule] : undefined;
    return {
      source: 'drift.found', rule: typeof rule === 'string' ? rule : 'unknown', severity: severity ?? 'medium',
      ...(kind === 'tool' && typeof name === 'string' && { subjects: { tool: name } }),
    };
  });
  const seen = Object.keys(isObject(findings) ? findings : {}).flatMap((id): readonly Told[] => {
    const [source, rule] = id.split('/');
    return source === undefined || rule === undefined ? [] : [{ source, rule: `definition-${rule}`, severity: IN_DEFINITION }];
  });
  return [...told, ...seen];
}

function stands({ detail }: JsonObject): readonly Told[] {
  if (!isObject(detail)) return [];
  const { status, asset, hosts, servers } = detail;
  const severity = typeof status === 'string' ? STATUS_SEVERITIES[status] : undefined;
  if (severity === undefined || typeof status !== 'string' || typeof asset !== 'string') return [];
  const [host, server] = [hosts, servers].map((list) => (isArray(list) && typeof list[0] === 'string' ? list[0] : undefined));
  return [{
    source: 'inventory', rule: status, severity, subjects: { asset, ...(host !== undefined && { host }), ...(server !== undefined && { server }) },
  }];
}

function changed({ detail }: JsonObject): readonly Told[] {
  const differences = isObject(detail) && isArray(detail['differences']) ? detail['differences'] : [];
  return differences.filter(isObject).flatMap(({ what, severity, file }): readonly Told[] => {
    const known = SEVERITIES.find((one) => one === severity);
    if (typeof what !== 'string' || known === undefined) return [];
    return [{ source: 'file.changed', rule: what, severity: known, ...(typeof file === 'string' && { subjects: { file } }) }];
  });
}

/** Of servers that failed only those whose package was not what it should be. */
function refusedPackage({ code, event, detail }: JsonObject): readonly Told[] {
  if (typeof code !== 'string' || (event === 'server.failed' && !code.startsWith('ERR_PACKAGE_'))) return [];
  const packages = isObject(detail) && isArray(detail['packages']) ? detail['packages'] : [];
  const [first] = packages;
  return [{
    source: 'package', rule: code, severity: PACKAGE_SEVERITIES[code] ?? 'medium', ...(typeof first === 'string' && { subjects: { package: first } }),
  }];
}
