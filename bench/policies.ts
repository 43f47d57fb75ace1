import type { AccessRequest } from '../src/domain/decision.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { REGISTRY_PRINCIPAL_ID } from '../src/domain/principal.ts';
import { UNDERIVED } from '../src/domain/provenance.ts';
import type { Labels, Server } from '../src/domain/server.ts';
import { approveSurface, readSurface } from '../src/registry/surface.ts';
import { INPUT_SCHEMA, TOOL } from './payload.ts';

/** How many policies name each tool: the decision reads these, however many others there are. */
const PER_TOOL = 5;
export const SERVER = 'crm';
export const GROUP = 'support';
const LABELS: Labels = { confidentiality: 'internal', categories: [], integrity: 'trusted' };

function toolName(index: number): string {
  return index === 0 ? TOOL : `tool_${index}`;
}

/** Three permits and two forbids on one tool: by group, by arguments, by zone, by the token's age. */
function policiesOf(tool: string): string[] {
  const scope = `action == Action::"call_tool", resource == Tool::"${SERVER}/${tool}"`;
  return [
    `permit (principal in Group::"${GROUP}", ${scope})
      when { context.arguments has limit && context.arguments.limit.lessThanOrEqual(decimal("100.0")) };`,
    `permit (principal in Group::"sales", ${scope});`,
    `permit (principal in Group::"auditors", ${scope}) when { context.zone == "internal" };`,
    `forbid (principal, ${scope}) when { context.arguments has region && context.arguments.region == "restricted" };`,
    `forbid (principal, ${scope}) when { context.tokenAge > 86400 };`,
  ];
}

/** `count` policies as one file's text, five for each tool; the first tool is the one that the bench calls. */
export function policyText(count: number): string {
  const texts = Array.from({ length: Math.ceil(count / PER_TOOL) }, (_, index) => policiesOf(toolName(index))).flat();
  return texts.slice(0, count).map((text, index) => `@id("p${index}")\n${text}`).join('\n');
}

/** An approved server with as many tools as `count` policies name. */
export function serverFor(count: number): Server {
  const tools = Array.from({ length: Math.ceil(count / PER_TOOL) }, (_, index): JsonObject => ({
    name: toolName(index), description: 'Searches contacts.', inputSchema: INPUT_SCHEMA,
  }));
  const hello = { serverInfo: { name: 'bench', version: '1' }, capabilities: { tools: {} } };
  const raw = { revision: '2025-11-25', eras: ['legacy'], hello, tools: [{ tools }], prompts: [], templates: [] } as const;
  const surface = readSurface(raw, { labels: LABELS, tools: {} });
  return {
    id: SERVER, space: 'default', owner: 'bench@example.com', hosting: 'self', tier: 'internal', labels: LABELS,
    endpoint: { transport: 'http', url: 'http://127.0.0.1:1/mcp', allowPrivate: true }, credentials: { type: 'none' },
    status: 'approved', baseline: approveSurface(surface, REGISTRY_PRINCIPAL_ID, 1),
  };
}

/** The request of the bench's call: permitted by the first policy, with the other four to be evaluated. */
export function accessRequest(arguments_: JsonObject): AccessRequest {
  return {
    principal: {
      id: 'sallyport|alice', kind: 'person', space: 'default', groups: [GROUP], agent: 'bench', actors: [], proof: 'bearer',
      tokenAgeMs: 60_000, expiresAt: Date.now() + 3_600_000, credential: 'bench',
    },
    action: 'call_tool',
    resource: { kind: 'tool', server: SERVER, name: TOOL, effect: 'read', labels: LABELS, toolsets: [] },
    context: { arguments: arguments_, zone: 'loopback', drift: 'none', flow: LABELS, findings: [], provenance: UNDERIVED, now: Date.now() },
  };
}
