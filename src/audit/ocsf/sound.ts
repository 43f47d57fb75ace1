import { SEVERITIES } from '../../domain/finding.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';

type Check = (value: Json) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isWhole: Check = (value) => Number.isSafeInteger(value);
const isNumber: Check = (value) => typeof value === 'number';
const areTexts: Check = (value) => isArray(value) && value.every(isText);
const isAnObject: Check = (value) => isObject(value);
const anything: Check = () => true;
const oneOf = (words: readonly string[]): Check => (value) => typeof value === 'string' && words.includes(value);
/** Members that are there have their form; those of `needed` are there. */
const object = (members: Readonly<Record<string, Check>>, needed: readonly string[] = Object.keys(members)): Check => (value) =>
  isObject(value) && needed.every((name) => value[name] !== undefined) &&
  Object.entries(members).every(([name, check]) => value[name] === undefined || check(value[name]));
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

const FORMS: Readonly<Record<keyof JournalRecord, Check>> = {
  id: isText, at: isWhole, category: isText, event: isText, node: isText, space: isText, exchange: isText, principal: isText, agent: isText, context: isText,
  address: isText, route: isText, session: isText, revision: isText, method: isText, action: isText, server: isText, tool: isText, definition: isText,
  effect: isText, digest: isText, code: isText, fingerprint: isText, reason: isText, retention: isText,
  principalKind: oneOf(['person', 'workload']), actors: areTexts, dispatchers: areTexts, policies: areTexts, sizeBytes: isWhole, snapshot: isWhole,
  latencyMs: isNumber, client: object({ name: isText, version: isText }), onBehalfOf: isAnObject, standing: isAnObject, stages: isAnObject, request: isAnObject,
  shape: anything, detail: anything, labels: isLabels, findings: (value) => isArray(value) && value.every(isFinding),
  trace: object({ traceId: isText, spanId: isText, parentId: isText }, ['traceId', 'spanId']),
};

/**
 * A record is stored as its writer sent it, and a writer that was broken into sends anything: what is not of its field's form
 * (and what no field is) is set apart as `odd`, so that it reaches the SIEM and breaks nothing there. What the ledger checked
 * (id, event, category, names of node, space and exchange) is as it should be.
 */
export function soundOf(record: JournalRecord): { readonly record: JournalRecord; readonly odd: JsonObject } {
  const fields: readonly (readonly [string, Json])[] = Object.entries(record);
  const bad = fields.filter(([name, value]) => value !== undefined && !(isField(name) && FORMS[name](value)));
  if (bad.length === 0) return { record, odd: {} };
  const names = new Set(bad.map(([name]) => name));
  const { id, at, category, event, node, space, exchange } = record;
  const kept = Object.fromEntries(fields.filter(([name]) => !names.has(name)));
  return { record: { id, at: Number.isSafeInteger(at) ? at : 0, category, event, node, space, exchange, ...kept }, odd: Object.fromEntries(bad) };
}

function isField(name: string): name is keyof JournalRecord {
  return Object.hasOwn(FORMS, name);
}
