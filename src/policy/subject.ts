import type { Resource } from '../domain/decision.ts';
import { idOf, SEVERITIES, type Finding } from '../domain/finding.ts';
import type { Provenance } from '../domain/provenance.ts';
import { CLEARANCE_OF_TIER, type Labels } from '../domain/server.ts';
import type { ServerFacts, Variable } from './program.ts';
import { attestationAge, isDisclosed, NO_VENDOR } from './vendor.ts';
import type { RecordValue, Value } from './values.ts';
import { EvaluationError } from './values.ts';
import type { AnyRequest, PrincipalType, ResourceType } from './vocabulary.ts';
import { DAYS, isAdminRequest } from './vocabulary.ts';

/** One request as conditions see it. */
export interface Subject {
  readonly request: AnyRequest;
  readonly principalType: PrincipalType;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly server: ServerFacts;
  /** `undefined`: no policy reads this resource's arguments, or they are not known. */
  readonly arguments: RecordValue | undefined;
}

export type Reader = (subject: Subject) => Value | undefined;

const RESOURCE_TYPE_OF = { tool: 'Tool', prompt: 'Prompt', resource: 'Resource', server: 'Server', control: 'Control' } as const;

export function resourceTypeOf(request: AnyRequest): ResourceType {
  return RESOURCE_TYPE_OF[request.resource.kind];
}

/** `Tool::"<server>/<tool>"`; a server is its own id; `Control::"<space>/<part>"`. */
export function resourceIdOf(request: AnyRequest): string {
  if (isAdminRequest(request)) return `${request.resource.space}/${request.resource.name}`;
  const { kind, server, name } = request.resource;
  return kind === 'server' ? server : `${server}/${name}`;
}

/** A toolset as a whole is a server to its clients: `Server::"t/<toolset>"`, itself in `Toolset::"<toolset>"`. */
export function toolsetServer(toolset: string): string {
  return `t/${toolset}`;
}

/** The item of a message; nothing of it is an administrator's. */
export function itemOf(request: AnyRequest): Resource | undefined {
  return isAdminRequest(request) ? undefined : request.resource;
}

const strings = (items: readonly string[]): Value => ({ kind: 'set', items });

const PRINCIPAL: Readonly<Record<string, Reader>> = {
  id: ({ request }) => request.principal.id,
  kind: ({ request }) => request.principal.kind,
  agent: ({ request }) => request.principal.agent,
  space: ({ request }) => request.principal.space,
};

const RESOURCE: Readonly<Record<string, Reader>> = {
  name: ({ request }) => request.resource.name,
  server: ({ request }) => itemOf(request)?.server,
  space: ({ server }) => server.space,
  tier: ({ server }) => server.tier,
  hosting: ({ server }) => server.hosting,
  region: ({ server }) => server.region ?? 'unknown',
  vendor: ({ server }) => server.vendor?.id ?? NO_VENDOR,
  vendorScore: ({ server }) => server.vendor?.score ?? 0,
  vendorDisclosed: ({ server, request }) => isDisclosed(server.vendor, request.context.now),
  attestationAge: ({ server, request }) => attestationAge(server.vendor, request.context.now),
  confidentiality: ({ request }) => itemOf(request)?.labels.confidentiality,
  categories: ({ request }) => {
    const item = itemOf(request);
    return item === undefined ? undefined : strings(item.labels.categories);
  },
  integrity: ({ request }) => itemOf(request)?.labels.integrity,
  clearance: ({ request, server }) => {
    const item = itemOf(request);
    return item === undefined ? undefined : item.clearance ?? CLEARANCE_OF_TIER[server.tier];
  },
  memory: ({ request }) => {
    const item = itemOf(request);
    return item === undefined ? undefined : item.memory ?? false;
  },
  effect: ({ request }) => (request.resource.kind === 'tool' ? request.resource.effect : undefined),
};

function flowOf(request: AnyRequest): Labels | undefined {
  return isAdminRequest(request) ? undefined : request.context.flow;
}

function findingsOf(request: AnyRequest): readonly Finding[] | undefined {
  return isAdminRequest(request) ? undefined : request.context.findings;
}

function provenanceOf(request: AnyRequest): Provenance | undefined {
  return isAdminRequest(request) ? undefined : request.context.provenance;
}

const CONTEXT: Readonly<Record<string, Reader>> = {
  agent: ({ request }) => request.principal.agent,
  actors: ({ request }) => strings(request.principal.actors),
  proof: ({ request }) => request.principal.proof,
  tokenAge: ({ request }) => Math.floor(request.principal.tokenAgeMs / 1000),
  zone: ({ request }) => (isAdminRequest(request) ? undefined : request.context.zone),
  now: ({ request }) => ({ kind: 'datetime', amount: request.context.now }),
  hour: ({ request }) => new Date(request.context.now).getUTCHours(),
  day: ({ request }) => DAYS[new Date(request.context.now).getUTCDay()],
  drift: ({ request }) => (isAdminRequest(request) ? undefined : request.context.drift),
  contextConfidentiality: ({ request }) => flowOf(request)?.confidentiality,
  contextCategories: ({ request }) => {
    const flow = flowOf(request);
    return flow === undefined ? undefined : strings(flow.categories);
  },
  contextIntegrity: ({ request }) => flowOf(request)?.integrity,
  findings: ({ request }) => {
    const findings = findingsOf(request);
    return findings === undefined ? undefined : strings([...new Set(findings.map(idOf))]);
  },
  findingSeverity: ({ request }) => findingsOf(request)?.reduce((highest, { severity }) => Math.max(highest, SEVERITIES.indexOf(severity) + 1), 0),
  destinations: ({ request }) => provenanceOf(request)?.destinations,
  flowsFrom: ({ request }) => {
    const provenance = provenanceOf(request);
    return provenance === undefined ? undefined : strings([...new Set(provenance.flowsFrom)]);
  },
  argumentConfidentiality: ({ request }) => provenanceOf(request)?.confidentiality,
  argumentCategories: ({ request }) => {
    const provenance = provenanceOf(request);
    return provenance === undefined ? undefined : strings(provenance.categories);
  },
  arguments: (subject) => subject.arguments,
};

const TABLES = { principal: PRINCIPAL, resource: RESOURCE, context: CONTEXT, action: {} } as const;

/** The reader of one attribute, chosen when a program is loaded. An attribute that a request lacks reads as `undefined`. */
export function attributeReader(of: Variable | 'context', name: string): Reader {
  const table: Readonly<Record<string, Reader>> = TABLES[of];
  const read = Object.hasOwn(table, name) ? table[name] : undefined;
  return read ?? (() => undefined);
}

/** The entity behind a variable. */
export function entityOf(subject: Subject, variable: Variable): Value {
  if (variable === 'principal') return { kind: 'entity', type: subject.principalType, id: subject.request.principal.id };
  if (variable === 'resource') return { kind: 'entity', type: subject.resourceType, id: subject.resourceId };
  return { kind: 'entity', type: 'Action', id: subject.request.action };
}

/** A missing attribute is an error, and an error denies. */
export function require(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new EvaluationError(`the attribute ${name} is missing`);
  return value;
}
