import type { Json, JsonObject } from '../../domain/json.ts';
import type { Baseline, LaunchSpec, Surface } from '../../domain/server.ts';
import { declaredIn } from '../../registry/app-pages.ts';
import type { Candidate, Stored } from '../stored.ts';
import { checkDefinition, describeEndpoint } from './findings.ts';
import type { ServerFinding, StoredServer } from './schema.ts';

/** One line of the list. */
export function presentSummary(server: Stored<StoredServer>, baseline: Baseline | undefined): JsonObject {
  const { endpoint, owner, hosting, tier, region, vendor, status, reason } = server.body;
  return {
    id: server.id, status, owner, hosting, tier, ...(vendor === undefined ? {} : { vendor }), ...(region === undefined ? {} : { region }),
    transport: endpoint.transport, endpoint: describeEndpoint(endpoint),
    ...(endpoint.transport === 'stdio' && endpoint.launch.package !== undefined ? { package: { ...endpoint.launch.package } } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(baseline === undefined ? {} : {
      tools: baseline.surface.tools.length, digest: baseline.digest, approvedBy: baseline.approvedBy, approvedAt: baseline.approvedAt,
    }),
  };
}

/** All that is known of a server, without the values of its environment: some of them are secrets. */
export function presentServer(
  server: Stored<StoredServer>, baseline: Baseline | undefined, candidate: Candidate | undefined, found: readonly ServerFinding[],
): JsonObject {
  const { endpoint, labels, credentials, segment, tools } = server.body;
  return {
    ...presentSummary(server, baseline),
    ...(endpoint.transport === 'stdio' ? { launch: presentLaunch(endpoint.launch) } : {}),
    labels, credentials, ...(segment === undefined ? {} : { segment: { ...segment } }), declared: tools,
    findings: [...found, ...checkDefinition(server.body), ...(candidate?.findings ?? [])],
    ...(baseline === undefined ? {} : { baseline: presentSurface(baseline.surface) }),
    ...(candidate === undefined ? {} : { candidate: { digest: candidate.digest, scannedAt: candidate.scannedAt, ...presentSurface(candidate.surface) } }),
  };
}

/** What somebody wants to declare, as it would be started and reached; without the values of its environment. */
export function presentDefinition({ endpoint, owner, hosting, tier, region, labels, credentials, allow, tools }: Omit<StoredServer, 'status'>): JsonObject {
  return {
    endpoint: describeEndpoint(endpoint), transport: endpoint.transport, owner, hosting, tier, ...(region === undefined ? {} : { region }),
    ...(endpoint.transport === 'stdio' ? { launch: presentLaunch(endpoint.launch) } : {}), labels, credentials, allow, declared: tools,
  };
}

function presentLaunch({ env, sandbox, package: pin, ...launch }: LaunchSpec): JsonObject {
  return { ...launch, env: hideValues(env), sandbox: { ...sandbox }, ...(pin === undefined ? {} : { package: { ...pin } }) };
}

function hideValues(env: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, /^(env|file|vault):/.test(value) ? value : '(set)']));
}

/** What a server says of itself, as its lists say it. */
export function presentDefinitions({ instructions, tools, prompts, templates }: Surface): JsonObject {
  const said = instructions?.definition['instructions'];
  return {
    ...(said === undefined ? {} : { instructions: said }),
    tools: tools.map(({ definition }) => definition), prompts: prompts.map(({ definition }) => definition),
    resourceTemplates: templates.map(({ definition }) => definition),
  };
}

/** What an administrator approves: every item with its effect, and what it says of itself. */
function presentSurface(surface: Surface): JsonObject {
  return {
    revision: surface.revision, eras: surface.eras, serverInfo: surface.serverInfo,
    ...(surface.instructions === undefined ? {} : { instructions: surface.instructions.definition['instructions'] ?? '' }),
    tools: surface.tools.map(({ name, effect, confirmed, labels, digest, definition, dispatches, flow }): Json => ({
      name, effect, confirmed, labels: { ...labels }, digest, description: definition['description'] ?? '',
      ...(dispatches === undefined ? {} : { dispatches: { ...dispatches } }),
      ...(flow === undefined ? {} : { flow: { ...flow } as JsonObject }),
    })),
    prompts: surface.prompts.map(({ name, digest }) => ({ name, digest })),
    templates: surface.templates.map(({ name, digest }) => ({ name, digest })),
    ...(surface.pages === undefined ? {} : { pages: surface.pages.map((pin) => ({ name: pin.name, digest: pin.digest, declares: declaredIn(pin) })) }),
  };
}
