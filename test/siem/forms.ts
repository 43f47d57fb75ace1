import type { Detection, Match } from './sigma.ts';

/*
 * The same detection in the words of three SIEMs. Fields are OCSF's own paths: Splunk and Elastic index them as they are; in
 * Sentinel the whole event is the dynamic column `Event` of a custom table. No rule reads through a list, so that a path means
 * the same in all of them.
 */

const LISTS = /^(?:resources|enrichments|observables|evidences|actor\.authorizations|metadata\.(?:labels|profiles))(?:\.|$)/;
/** Lists of texts: Splunk's own name for such a field ends in braces, for the others it is a field with several values. */
const TEXT_LISTS: ReadonlySet<string> = new Set(['unmapped.detail.by.approvals']);
const HEAD = 'Generated from deploy/siem/sigma by test/siem/generate.ts';

/** Splunk: savedsearches.conf, a stanza for each detection. */
export function splunk(detections: readonly Detection[]): string {
  return `# ${HEAD}; change the rule there.\n${detections.map(stanza).join('')}`;
}

const SPLUNK_SEVERITY = { informational: 2, low: 2, medium: 3, high: 4, critical: 5 } as const;

function stanza(detection: Detection): string {
  const { title, description, level } = detection;
  const lines = {
    'description': oneLine(description), 'search': spl(detection), 'enableSched': '0', 'cron_schedule': '*/5 * * * *',
    'dispatch.earliest_time': `-${lookBackMinutes(detection)}m`, 'dispatch.latest_time': 'now',
    'counttype': 'number of events', 'relation': 'greater than', 'quantity': '0',
    'alert.track': '1', 'alert.severity': String(SPLUNK_SEVERITY[level]), 'alert.suppress': '1', 'alert.suppress.period': '1h',
    'alert.suppress.fields': (detection.count?.by ?? ['metadata.uid']).join(','), 'alert.digest_mode': '0',
  };
  return `\n[Sallyport - ${title}]\n${Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`).join('')}`;
}

export function spl({ match, count }: Detection): string {
  const search = `index=* sourcetype="sallyport:ocsf" ${splMatch(match, true)}`;
  if (count === undefined) return search;
  const by = count.by.join(' ');
  const counted = count.different === undefined ? 'count AS seen' : `dc(${count.different}) AS seen`;
  const window = `sort 0 _time | streamstats time_window=${count.seconds}s ${counted} BY ${by} | where seen >= ${count.atLeast}`;
  return `${search} | ${window} | stats min(_time) AS first max(_time) AS last max(seen) AS seen BY ${by}`;
}

function splMatch(match: Match, isTop = false): string {
  if (match.kind === 'not') return `NOT ${splMatch(match.of)}`;
  if (match.kind !== 'field') {
    const parts = match.of.map((one) => splMatch(one)).join(match.kind === 'and' ? ' ' : ' OR ');
    return isTop && match.kind === 'and' ? parts : `(${parts})`;
  }
  const { field, how, value } = checked(match);
  const name = TEXT_LISTS.has(field) ? `"${field}{}"` : field;
  if (how === 'exists') return value === true ? `${name}=*` : `NOT ${name}=*`;
  const [before, after] = [how === 'contains' || how === 'endswith' ? '*' : '', how === 'contains' || how === 'startswith' ? '*' : ''];
  return `${name}="${before}${String(value)}${after}"`;
}

const SENTINEL_SEVERITY = { informational: 'Informational', low: 'Low', medium: 'Medium', high: 'High', critical: 'High' } as const;
const TACTICS: Readonly<Record<string, string>> = {
  'attack.initial-access': 'InitialAccess', 'attack.execution': 'Execution', 'attack.persistence': 'Persistence',
  'attack.privilege-escalation': 'PrivilegeEscalation', 'attack.defense-evasion': 'DefenseEvasion', 'attack.credential-access': 'CredentialAccess',
  'attack.discovery': 'Discovery', 'attack.exfiltration': 'Exfiltration', 'attack.impact': 'Impact',
};

/** Microsoft Sentinel: one scheduled analytics rule (YAML). */
export function sentinel(detection: Detection): string {
  const { id, title, description, level, tags, count } = detection;
  const minutes = lookBackMinutes(detection);
  const techniques = tags.flatMap((tag) => (/^attack\.t\d{4}/.test(tag) ? [tag.slice('attack.'.length).toUpperCase().replace(/\..*/, '')] : []));
  const account = count === undefined || count.by.includes('actor.user.uid');
  return `# ${HEAD}; change the rule there.
id: ${id}
name: ${JSON.stringify(`Sallyport: ${title}`)}
description: ${JSON.stringify(oneLine(description))}
severity: ${SENTINEL_SEVERITY[level]}
kind: Scheduled
version: 1.0.0
requiredDataConnectors: []
queryFrequency: PT5M
queryPeriod: PT${minutes}M
triggerOperator: gt
triggerThreshold: 0
tactics: ${JSON.stringify(tags.flatMap((tag) => TACTICS[tag] ?? []))}
relevantTechniques: ${JSON.stringify([...new Set(techniques)])}
query: |
${kql(detection).split('\n').map((line) => `  ${line}`).join('\n')}
entityMappings: ${account ? '[{ entityType: Account, fieldMappings: [{ identifier: FullName, columnName: Principal }] }]' : '[]'}
`;
}

export function kql({ match, count }: Detection): string {
  const where = `SallyportOcsf_CL\n| where ${kqlMatch(match, true)}`;
  const shown = '| project TimeGenerated, Principal = tostring(Event.actor.user.uid), Agent = tostring(Event.actor.app_uid), '
    + 'Message = tostring(Event.message), Code = tostring(Event.status_code), Uid = tostring(Event.metadata.uid), Event';
  if (count === undefined) return `${where}\n${shown}`;
  const names = count.by.map((field) => (field === 'actor.user.uid' ? 'Principal' : nameOf(field)));
  const by = count.by.map((field, index) => `${names[index] ?? ''} = ${kqlField(field)}`).join(', ');
  const counted = count.different === undefined ? 'count()' : `dcount(${kqlField(count.different)})`;
  return `${where}
| summarize Seen = ${counted}, First = min(TimeGenerated), Last = max(TimeGenerated) by ${by}, bin(TimeGenerated, ${count.seconds}s)
| where ${names.map((name) => `isnotempty(${name})`).join(' and ')} and Seen >= ${count.atLeast}`;
}

function kqlMatch(match: Match, isTop = false): string {
  if (match.kind === 'not') return `not(${kqlMatch(match.of, true)})`;
  if (match.kind !== 'field') {
    const parts = match.of.map((one) => kqlMatch(one)).join(match.kind === 'and' ? ' and ' : ' or ');
    return isTop ? parts : `(${parts})`;
  }
  const { field, how, value } = checked(match);
  if (how === 'exists') return `${value === true ? 'isnotempty' : 'isempty'}(${kqlField(field)})`;
  if (typeof value !== 'string') return `${typeof value === 'number' ? 'tolong' : 'tobool'}(Event.${field}) == ${String(value)}`;
  const operator = { equals: '=~', startswith: 'startswith', contains: 'contains', endswith: 'endswith' }[how];
  return `${kqlField(field)} ${operator} ${JSON.stringify(value)}`;
}

function kqlField(field: string): string {
  return `tostring(Event.${field})`;
}

function nameOf(field: string): string {
  return field.split(/[._]/).map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('');
}

const ELASTIC_RISK = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

/** Elastic Security: detection rules as they are imported, one JSON object a line. */
export function elastic(detections: readonly Detection[]): string {
  return detections.map((detection) => `${JSON.stringify({
    rule_id: detection.id, name: `Sallyport: ${detection.title}`, description: oneLine(detection.description), type: 'esql', language: 'esql',
    query: esql(detection),
    severity: detection.level === 'informational' ? 'low' : detection.level, risk_score: ELASTIC_RISK[detection.level], interval: '5m',
    from: `now-${lookBackMinutes(detection)}m`, enabled: false, version: 1, tags: ['Sallyport', ...detection.tags],
    false_positives: detection.falsePositives, note: HEAD,
  })}\n`).join('');
}

export function esql({ match, count }: Detection): string {
  const from = count === undefined ? 'FROM logs-sallyport-* METADATA _id, _index, _version' : 'FROM logs-sallyport-*';
  const where = `${from} | WHERE ${esqlMatch(match, true)}`;
  if (count === undefined) return where;
  const counted = count.different === undefined ? 'COUNT(*)' : `COUNT_DISTINCT(${count.different})`;
  const known = count.by.map((field) => `${field} IS NOT NULL`).join(' AND ');
  const groups = `${count.by.join(', ')}, window = BUCKET(@timestamp, ${count.seconds} seconds)`;
  return `${where} AND ${known} | STATS seen = ${counted} BY ${groups} | WHERE seen >= ${count.atLeast}`;
}

function esqlMatch(match: Match, isTop = false): string {
  if (match.kind === 'not') return `NOT COALESCE(${esqlMatch(match.of, true)}, false)`;
  if (match.kind !== 'field') {
    const parts = match.of.map((one) => esqlMatch(one)).join(match.kind === 'and' ? ' AND ' : ' OR ');
    return isTop && match.kind === 'and' ? parts : `(${parts})`;
  }
  const { field, how, value } = checked(match);
  if (how === 'exists') return `${field} IS ${value === true ? 'NOT NULL' : 'NULL'}`;
  if (how === 'equals') return `${field} == ${JSON.stringify(value)}`;
  if (how === 'contains') return `${field} LIKE ${JSON.stringify(`*${String(value)}*`)}`;
  return `${how === 'startswith' ? 'STARTS_WITH' : 'ENDS_WITH'}(${field}, ${JSON.stringify(value)})`;
}

function checked(match: Extract<Match, { kind: 'field' }>): Extract<Match, { kind: 'field' }> {
  if (LISTS.test(match.field)) throw new Error(`${match.field} is in a list: the forms would not agree on it`);
  if (!/^[a-z_]+(?:\.[A-Za-z_]+)*$/.test(match.field) || /["\\]/.test(String(match.value))) throw new Error(`${match.field}: not to be quoted safely`);
  return match;
}

/** Twice the span, so that none is cut by two runs of the search; events may come late. */
function lookBackMinutes({ count }: Detection): number {
  return Math.max(15, Math.ceil((count?.seconds ?? 0) / 30));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
