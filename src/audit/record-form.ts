import { SEVERITIES } from '../domain/finding.ts';
import type { Json } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../domain/server.ts';

type Check = (value: Json) => boolean;

/** The last moment that a date can be, epoch ms: beyond it nothing can say when that was. */
const TIME_MAX = 8_640_000_000_000_000;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime: Check = (value) => isCount(value) && Number(value) <= TIME_MAX;
const isNumber: Check = (value) => typeof value === 'number';
const areTexts: Check = (value) => isArray(value) && value.every(isText);
const isAnObject: Check = (value) => isObject(value);
const anything: Check = () => true;
const oneOf = (words: readonly string[]): Check => (value) => typeof value === 'string' && words.includes(value);
/** Members that are there have their form; those of `needed` are there. */
const object = (members: Readonly<Record<string, Check>>, needed: readonly string[] = Object.keys(members)): Check => {
  const checks = Object.entries(members);
  return (value) => isObject(value) && needed.every((name) => value[name] !== undefined) &&
    checks.every(([name, check]) => value[name] === undefined || check(value[name]));
};
const isShallow = (value: Json, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  return depth < LIMITS.jsonDepthMax && (isArray(value) ? value : Object.values(value)).every((item) => isShallow(item, depth + 1));
};
const isLabels = object({
  confidentiality: oneOf(CONFIDENTIALITIES), categories: (value) => isArray(value) && value.every(oneOf(CATEGORIES)), integrity: isText,
});
const isFinding = object(
  {
    detector: isText, rule: isText, severity: oneOf(SEVERITIES), at: areTexts, labels: isAnObject, expected: isText, seen: isText,
    rarity: isNumber,
  },
  ['detector', 'rule', 'severity', 'at'],
);

const isKind = oneOf(['person', 'workload']);
const isRequest = object({
  principal: isAnObject, resource: isAnObject, context: isAnObject, action: isText,
  others: (value) => isArray(value) && value.every(object({ resource: isAnObject })),
}, ['principal', 'resource', 'context']);

const FORMS: Readonly<Record<keyof JournalRecord, Check>> = {
  id: isText, at: isTime, category: isText, event: isText, node: isText, space: isText, exchange: isText, principal: isText, agent: isText, context: isText,
  address: isText, route: isText, session: isText, revision: isText, method: isText, action: isText, server: isText, tool: isText, definition: isText,
  effect: isText, digest: isText, code: isText, fingerprint: isText, reason: isText, retention: isText,
  principalKind: isKind, actors: areTexts, dispatchers: areTexts, policies: areTexts, sizeBytes: isCount, snapshot: isCount,
  latencyMs: isNumber, client: object({ name: isText, version: isText }), stages: isAnObject, request: isRequest,
  onBehalfOf: object({ principal: isText, principalKind: isKind, agent: isText, actors: areTexts }, []),
  standing: object({ credentials: areTexts, issuedAt: isNumber }),
  shape: anything, detail: anything, labels: isLabels, findings: (value) => isArray(value) && value.every(isFinding),
  shadowFindings: (value) => isArray(value) && value.every(isFinding),
  trace: object({ traceId: isText, spanId: isText, parentId: isText }, ['traceId', 'spanId']),
};

/** Whether what stands in a field of a record is of that field's form; `unknown`: records have no such field. */
export function formOf(name: string, value: Json): 'right' | 'wrong' | 'unknown' {
  if (!isShallow(value)) return 'wrong';
  if (!isField(name)) return 'unknown';
  return FORMS[name](value) ? 'right' : 'wrong';
}

function isField(name: string): name is keyof JournalRecord {
  return Object.hasOwn(FORMS, name);
}
