import type { AccessRequest, AdminRequest } from '../domain/decision.ts';
import { SEVERITIES } from '../domain/finding.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { CLEARANCE_OF_TIER } from '../domain/server.ts';
import type { CedarValueJson as CedarJson } from './cedar.ts';
import { askCedar } from './cedar.ts';
import type { Program } from './program.ts';
import type { RecordShape, Shape } from './shape.ts';
import type { AnyRequest } from './vocabulary.ts';
import { ACTION_GROUPS, DAYS, isAdminRequest } from './vocabulary.ts';

/** What one policy comes to for one request. `failure`: Cedar could not judge the request at all. */
export type Outcome = 'satisfied' | 'unsatisfied' | 'error' | 'failure';

/** The facts that a program adds to a request. */
export interface Facts {
  readonly servers: Program['servers'];
  readonly shapes: Program['shapes'];
}

/**
 * Cedar's own verdict on one policy for several requests. It builds entities and context from the requests by itself, so
 * that a mistake in the engine's readers shows as a difference. Entities cost Cedar more than policies do: with `reads`
 * only what the policy names is given (what is left out by mistake shows as a difference too).
 */
export function askOracle(text: string, requests: readonly AnyRequest[], facts: Facts, reads?: Reads): readonly Outcome[] {
  const set = 'sallyport';
  const prepared = askCedar((cedar) => cedar.preparsePolicySet(set, { staticPolicies: { [set]: text } }));
  if (prepared?.type !== 'success') return requests.map(() => 'failure');
  return requests.map((request) => {
    const call = reads === undefined ? cedarCall(request, facts) : project(cedarCall(request, facts), reads);
    const answer = askCedar((cedar) => cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId: set }));
    if (answer?.type !== 'success') return 'failure';
    if (answer.response.diagnostics.errors.length > 0) return 'error';
    return answer.response.diagnostics.reason.length > 0 ? 'satisfied' : 'unsatisfied';
  });
}

interface Uid {
  readonly type: string;
  readonly id: string;
}

export interface CedarCall {
  principal: Uid;
  action: Uid;
  resource: Uid;
  context: Record<string, CedarJson>;
  entities: { uid: Uid; attrs: Record<string, CedarJson>; parents: Uid[] }[];
}

const TYPES = { tool: 'Tool', prompt: 'Prompt', resource: 'Resource', server: 'Server' } as const;

/** One request as Cedar takes it. */
export function cedarCall(request: AnyRequest, facts: Facts): CedarCall {
  if (isAdminRequest(request)) return adminCall(request);
  const { principal, resource } = request;
  const server = facts.servers[resource.server];
  const who: Uid = { type: principal.kind === 'person' ? 'Person' : 'Workload', id: principal.id };
  const what: Uid = { type: TYPES[resource.kind], id: resource.kind === 'server' ? resource.server : `${resource.server}/${resource.name}` };
  const action: Uid = { type: 'Action', id: request.action };
  const spaces: Uid[] = server === undefined ? [] : [{ type: 'Space', id: server.space }];
  const toolsets: Uid[] = resource.toolsets.map((id) => ({ type: 'Toolset', id }));
  const above: Uid[] = resource.kind === 'server' ? spaces : [{ type: 'Server', id: resource.server }];
  const attrs: Record<string, CedarJson> = {
    name: resource.name, server: resource.server, ...placeOf(server), ...vendorOf(server, request.context.now),
    confidentiality: resource.labels.confidentiality, categories: [...resource.labels.categories], integrity: resource.labels.integrity,
    clearance: resource.clearance ?? CLEARANCE_OF_TIER[server?.tier ?? ''] ?? '', memory: resource.memory === true,
    ...(resource.kind === 'tool' && resource.effect !== undefined ? { effect: resource.effect } : {}),
  };
  const entities: CedarCall['entities'] = [whoEntity(request, who), { uid: what, attrs, parents: [...above, ...toolsets] }, actionEntity(request, action)];
  if (resource.kind !== 'server') entities.push({ uid: { type: 'Server', id: resource.server }, attrs: {}, parents: spaces });
  return { principal: who, action, resource: what, context: cedarContext(request, facts.shapes[what.id]), entities };
}

function placeOf(server: Program['servers'][string] | undefined): Record<string, CedarJson> {
  if (server === undefined) return {};
  const { space, tier, hosting, region } = server;
  return { space, tier, hosting, region: region ?? 'unknown' };
}

function vendorOf(server: Program['servers'][string] | undefined, now: number): Record<string, CedarJson> {
  if (server === undefined) return {};
  const { id, score, disclosedUntil, attestedAt } = server.vendor ?? { id: 'none', score: 0 };
  const days = attestedAt === undefined ? Infinity : Math.floor((now - attestedAt) / 86_400_000);
  return {
    vendor: id, vendorScore: score, vendorDisclosed: disclosedUntil !== undefined && now < disclosedUntil,
    attestationAge: days < 0 ? 0 : days > 9_999 ? 9_999 : days,
  };
}

function whoEntity({ principal }: AnyRequest, uid: Uid): CedarCall['entities'][number] {
  const { id, kind, agent, space, groups } = principal;
  return { uid, attrs: { id, kind, agent, space }, parents: groups.map((group) => ({ type: 'Group', id: group })) };
}

function actionEntity(request: AnyRequest, uid: Uid): CedarCall['entities'][number] {
  const groups = Object.keys(ACTION_GROUPS).filter((id) => ACTION_GROUPS[id]?.includes(request.action));
  return { uid, attrs: {}, parents: groups.map((id) => ({ type: 'Action', id })) };
}

function adminCall(request: AdminRequest): CedarCall {
  const { principal, resource, context } = request;
  const { space, name } = resource;
  const who: Uid = { type: principal.kind === 'person' ? 'Person' : 'Workload', id: principal.id };
  const what: Uid = { type: 'Control', id: `${space}/${name}` };
  const action: Uid = { type: 'Action', id: request.action };
  const at = new Date(context.now);
  return {
    principal: who, action, resource: what,
    context: {
      proof: principal.proof, tokenAge: Math.floor(principal.tokenAgeMs / 1000), now: { __extn: { fn: 'datetime', arg: at.toISOString() } },
      hour: at.getUTCHours(), day: DAYS[at.getUTCDay()] ?? '',
    },
    entities: [whoEntity(request, who), { uid: what, attrs: { name, space }, parents: [{ type: 'Space', id: space }] }, actionEntity(request, action)],
  };
}

/** The attributes and entity types that a policy names. */
export interface Reads {
  readonly attributes: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

function project(call: CedarCall, { attributes, types }: Reads): CedarCall {
  const only = <Kept>(record: Record<string, Kept>): Record<string, Kept> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => attributes.has(name)));
  // A tool is in its space by way of its server.
  const isNamed = ({ type }: Uid): boolean => types.has(type) || (type === 'Server' && types.has('Space'));
  const entities = call.entities.map((entity) => ({ ...entity, attrs: only(entity.attrs), parents: entity.parents.filter(isNamed) }));
  return { ...call, context: only(call.context), entities: entities.filter(({ attrs, parents }) => parents.length > 0 || Object.keys(attrs).length > 0) };
}

function cedarContext(request: AccessRequest, shape: RecordShape | undefined): Record<string, CedarJson> {
  const { principal, context } = request;
  const at = new Date(context.now);
  const now = { __extn: { fn: 'datetime', arg: at.toISOString() } };
  const known = {
    agent: principal.agent, actors: [...principal.actors], proof: principal.proof, tokenAge: Math.floor(principal.tokenAgeMs / 1000),
    zone: context.zone, now, hour: at.getUTCHours(), day: DAYS[at.getUTCDay()] ?? '', drift: context.drift,
    contextConfidentiality: context.flow.confidentiality, contextCategories: [...context.flow.categories], contextIntegrity: context.flow.integrity,
    findings: context.findings.map(({ detector, rule }) => `${detector}/${rule}`),
    findingSeverity: 1 + Math.max(-1, ...context.findings.map(({ severity }) => SEVERITIES.indexOf(severity))),
    destinations: context.provenance.destinations, flowsFrom: [...context.provenance.flowsFrom],
    argumentConfidentiality: context.provenance.confidentiality, argumentCategories: [...context.provenance.categories],
  };
  if (request.action !== 'call_tool' || shape === undefined || context.arguments === undefined) return known;
  return { ...known, arguments: cedarRecord(context.arguments, shape) };
}

function cedarRecord(json: JsonObject, shape: RecordShape): Record<string, CedarJson> {
  const fields = shape.fields.flatMap(([name, inner]): [string, CedarJson][] => {
    const value = Object.hasOwn(json, name) ? json[name] : undefined;
    const mapped = value === undefined || value === null ? undefined : cedarValue(value, inner);
    return mapped === undefined ? [] : [[name, mapped]];
  });
  return Object.fromEntries(fields);
}

function cedarValue(json: Json, shape: Shape): CedarJson | undefined {
  if (shape === 'any') return undefined;
  if (typeof json === 'number') return { __extn: { fn: 'decimal', arg: Number.isInteger(json) ? `${json}.0` : String(json) } };
  if (isArray(json) && typeof shape === 'object' && 'set' in shape) {
    return json.filter((item) => item !== null).map((item) => cedarValue(item, shape.set)).filter((item) => item !== undefined);
  }
  if (isObject(json) && typeof shape === 'object' && 'fields' in shape) return cedarRecord(json, shape);
  return typeof json === 'string' || typeof json === 'boolean' ? json : undefined;
}
