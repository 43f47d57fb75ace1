import type { AccessRequest, Action } from '../domain/decision.ts';
import { ACTIONS } from '../domain/decision.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { UNDERIVED } from '../domain/provenance.ts';
import type { JournalRecord, RecordedRequest } from '../domain/record.ts';
import { EFFECTS, UNLABELLED } from '../domain/server.ts';

/*
 * What policy was asked, in two parts: what may stand in the record for years, and what is a payload and lies sealed beside
 * it for as long as its class says. Put together again they give each decision once more (`policy simulate`).
 */

const GROUPS_CHARS_MAX = 4_096;

/** What of the requests of one decision stands in its record, beside the fields that every record has. */
export function recordedRequest(requests: readonly AccessRequest[], ofRecord: Action): RecordedRequest | undefined {
  const [first, ...others] = requests;
  if (first === undefined) return undefined;
  const { groups, proof, tokenAgeMs, expiresAt, scopes } = first.principal;
  const { kind, server, toolsets, labels, clearance, memory } = first.resource;
  const { zone, now, drift, provenance, believed } = first.context;
  return {
    principal: { ...(isShort(groups) ? { groups } : {}), proof, tokenAgeMs, expiresAt, ...(scopes === undefined ? {} : { scopes }) },
    resource: { kind, server, toolsets, labels, ...(clearance === undefined ? {} : { clearance }), ...(memory === undefined ? {} : { memory }) },
    context: { zone, now, drift, ...(believed === undefined ? {} : { believed }), ...(provenance === UNDERIVED ? {} : { provenance }) },
    ...(first.action === ofRecord ? {} : { action: first.action }),
    ...(others.length === 0 ? {} : { others: others.map(({ action, resource }) => ({ action, resource })) }),
  };
}

/** What of them is a payload: arguments, the whole name of a resource; undefined: nothing is. `text` is the first one's arguments as JSON. */
export function payloadOf(requests: readonly AccessRequest[], text: string): string | undefined {
  const [first, ...others] = requests;
  if (first?.context.arguments === undefined) return undefined;
  const { resource, principal } = first;
  const rest = {
    ...(resource.kind === 'resource' ? { name: resource.name } : {}),
    ...(isShort(principal.groups) ? {} : { groups: principal.groups }),
    ...(others.length === 0 ? {} : { others: others.map(({ context }) => context.arguments ?? {}) }),
  };
  const more = JSON.stringify(rest);
  if (more === '{}') return text === '{}' ? undefined : `{"arguments":${text}}`;
  return text === '{}' ? more : `{"arguments":${text},${more.slice(1)}`;
}

/**
 * The requests of a decision as policy was asked them, out of its record and its opened payload (`{}` for a record that never
 * had one). Without it (not kept, expired, erased) their arguments are unknown, so that what needs none is decided all the
 * same. Empty: the record decided nothing.
 */
export function accessRequestsOf(record: JournalRecord, payload: JsonObject | undefined): readonly AccessRequest[] {
  const { request } = record;
  if (request === undefined) return [];
  const sealedGroups = isArray(payload?.['groups']) ? payload['groups'].filter((one) => typeof one === 'string') : [];
  const principal: AccessRequest['principal'] = {
    id: record.principal ?? '', kind: record.principalKind ?? 'person', space: record.space, groups: request.principal.groups ?? sealedGroups,
    agent: record.agent ?? '', actors: record.actors ?? [], proof: request.principal.proof, tokenAgeMs: request.principal.tokenAgeMs,
    expiresAt: request.principal.expiresAt, credential: record.standing?.credentials[0] ?? '',
    ...(request.principal.scopes === undefined ? {} : { scopes: request.principal.scopes }),
  };
  const { provenance = UNDERIVED } = request.context;
  const context = { ...request.context, flow: record.labels ?? UNLABELLED, findings: record.findings ?? [], provenance };
  const name = typeof payload?.['name'] === 'string' ? payload['name'] : (record.tool ?? '');
  const effect = EFFECTS.find((one) => one === record.effect);
  const first: AccessRequest = {
    principal, action: request.action ?? actionOf(record.action),
    resource: { ...request.resource, name, ...(effect === undefined ? {} : { effect }) },
    context: { ...context, arguments: argumentsIn(payload, payload?.['arguments']) },
  };
  const given = isArray(payload?.['others']) ? payload['others'] : [];
  const others = (request.others ?? []).map(({ action, resource }, index): AccessRequest => (
    { principal, action, resource, context: { ...context, arguments: argumentsIn(payload, given[index]) } }
  ));
  return [first, ...others];
}

function argumentsIn(payload: JsonObject | undefined, value: JsonObject[string] | undefined): JsonObject | undefined {
  if (payload === undefined) return undefined;
  return isObject(value) ? value : {};
}

function actionOf(text: string | undefined): Action {
  return ACTIONS.find((one) => one === text) ?? 'call_tool';
}

/** Some directories put a person into hundreds of groups; a record has a limit. */
function isShort(groups: readonly string[]): boolean {
  let chars = 0;
  for (const group of groups) chars += group.length;
  return chars <= GROUPS_CHARS_MAX;
}
