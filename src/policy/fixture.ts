import type { AccessRequest, Resource } from '../domain/decision.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Principal } from '../domain/principal.ts';
import { UNDERIVED } from '../domain/provenance.ts';
import type { Effect, Labels, Pin, Server, Tool, Toolset } from '../domain/server.ts';
import type { ObligationKind } from './annotations.ts';
import type { Compiled, PolicyInput } from './compile.ts';
import { compilePolicies } from './compile.ts';

/** The obligations of the design, as a deployment whose gateways can meet them all would pass them. */
export const OBLIGATIONS: readonly ObligationKind[] = [
  { kind: 'approve', on: 'forbid', value: /^[\w.-]{1,64}$/, example: '@approve("secops")' },
  { kind: 'step_up', on: 'forbid', value: /^[\w.:-]{0,64}$/, example: '@step_up' },
  { kind: 'limit', on: 'forbid', value: /^[1-9]\d{0,6}\/(?:s|min|h|day)$/, example: '@limit("30/min")' },
  { kind: 'redact', on: 'permit', value: /^[\w.,-]{0,128}$/, example: '@redact("pii")' },
  { kind: 'spotlight', on: 'permit', value: /^\w{0,64}$/, example: '@spotlight' },
  { kind: 'stage', on: 'permit', value: /^\w{0,64}$/, example: '@stage' },
  { kind: 'notify', on: 'permit', value: /^[\w.@-]{1,64}$/, example: '@notify("secops")' },
];

/** A small registry for the tests of this room: a CRM with a typed payment tool, a wiki, and a toolset of both. */
const LABELS: Labels = { confidentiality: 'internal', categories: ['pii'], integrity: 'trusted' };

function tool(name: string, effect: Effect, properties: JsonObject = {}, required: readonly string[] = [], confirmed = true): Tool {
  const definition = { name, inputSchema: { type: 'object', properties, required } };
  return { kind: 'tool', name, digest: '0', definition, effect, confirmed, labels: LABELS };
}

export function server(id: string, tools: readonly Tool[], prompts: readonly Pin[] = []): Server {
  return {
    id, space: 'default', endpoint: { transport: 'http', url: 'https://example.test/mcp', allowPrivate: false }, owner: 'owner',
    hosting: 'self', tier: 'internal',
    labels: LABELS, credentials: { type: 'none' }, status: 'approved',
    baseline: {
      digest: '0', approvedBy: 'admin', approvedAt: 0,
      surface: { revision: '2025-11-25', eras: ['legacy'], serverInfo: {}, capabilities: {}, tools, prompts, templates: [] },
    },
  };
}

export const PAY = tool(
  'pay',
  'transact',
  {
    amount: { type: 'number' },
    to: { type: 'string' },
    urgent: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    customer: { type: 'object', properties: { name: { type: 'string' }, age: { type: ['integer', 'null'] } }, required: ['name'] },
    extra: { type: 'object' },
  },
  ['to'],
);
export const CRM = server('crm', [PAY, tool('find', 'read'), tool('note', 'write'), tool('guess', 'write', {}, [], false), tool('drop', 'destroy')], [
  { kind: 'prompt', name: 'hello', digest: '0', definition: { name: 'hello' } },
]);
export const WIKI = server('wiki', [tool('read', 'read'), tool('send', 'communicate')]);
export const SALES: Toolset = {
  id: 'sales', space: 'default',
  members: [
    { server: 'crm', tools: ['find'], prompts: '*', resources: true },
    { server: 'wiki', tools: '*', prompts: '*', resources: true },
  ],
};

export const ANN: Principal = {
  id: 'sallyport|ann', kind: 'person', space: 'default', groups: ['support'], agent: 'claude', actors: [], proof: 'bearer',
  tokenAgeMs: 60_000, expiresAt: 0, credential: 'c',
};

/** Monday, 10:00 UTC. */
export const NOW = Date.UTC(2026, 10, 23, 10);

export function inputOf(...texts: readonly string[]): PolicyInput {
  const sources = texts.map((text, index) => ({ file: index === 0 ? 'policies.cedar' : `policies-${index}.cedar`, text }));
  return { sources, servers: [CRM, WIKI], toolsets: [SALES], obligations: OBLIGATIONS };
}

export function compile(...texts: readonly string[]): Promise<Compiled> {
  return compilePolicies(inputOf(...texts));
}

export function resource(kind: Resource['kind'], of: string, name: string): Resource {
  const found = [CRM, WIKI].find(({ id }) => id === of)?.baseline?.surface.tools.find((known) => known.name === name);
  const shows = SALES.members.some(({ server: member, tools }) => member === of && (kind === 'server' || tools === '*' || tools.includes(name)));
  const toolsets = shows ? ['sales'] : [];
  return { kind, server: of, name, labels: LABELS, toolsets, ...(kind === 'tool' && found !== undefined ? { effect: found.effect } : {}) };
}

export interface Asked {
  readonly principal?: Partial<Principal>;
  readonly action?: AccessRequest['action'];
  readonly resource?: Resource;
  readonly arguments?: JsonObject | undefined;
  readonly zone?: AccessRequest['context']['zone'];
  readonly now?: number;
  readonly drift?: AccessRequest['context']['drift'];
  readonly flow?: AccessRequest['context']['flow'];
  readonly findings?: AccessRequest['context']['findings'];
  readonly provenance?: Partial<AccessRequest['context']['provenance']>;
}

/** A call of `crm/pay` by Ann, but for what is given. */
export function request(asked: Asked = {}): AccessRequest {
  return {
    principal: { ...ANN, ...asked.principal },
    action: asked.action ?? 'call_tool',
    resource: asked.resource ?? resource('tool', 'crm', 'pay'),
    context: {
      arguments: 'arguments' in asked ? asked.arguments : {}, zone: asked.zone ?? 'internal', now: asked.now ?? NOW, drift: asked.drift ?? 'none',
      flow: asked.flow ?? LABELS, findings: asked.findings ?? [], provenance: { ...UNDERIVED, ...asked.provenance },
    },
  };
}
