import type { Agent } from '../../domain/agent.ts';
import type { DetectSettings } from '../../domain/detect.ts';
import type { Issuer, ScopeGrant } from '../../domain/issuer.ts';
import type { AgentToken, DetectionEdition, FlowSettings, NetworkSettings, Snapshot } from '../../domain/snapshot.ts';
import type { Endpoint, Server, Toolset } from '../../domain/server.ts';
import type { StandingLimits } from '../../domain/standing.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { AuditSettings } from '../../domain/retention.ts';
import type { TelemetrySettings } from '../../domain/telemetry.ts';
import { classesOf } from '../../registry/audit-shape.ts';
import type { ClassificationShape, DefaultsShape } from '../../registry/flow-shape.ts';
import type { Rows } from '../../store/store.ts';
import { readRestored } from '../backups/restored.ts';
import { readBackup } from '../backups/settings.ts';
import { quarantined, raisedInspection, readPolicyContainments } from '../containments/standing.ts';
import { readDetectSettings } from '../detect/settings.ts';
import { readFlowParts, readFlowSettings } from '../flow/settings.ts';
import { readIssuers } from '../manifest/identity.ts';
import { readStandingLimits } from '../manifest/limits.ts';
import { embeddedIssuer, readPublished } from '../issuer/published.ts';
import { readNetwork } from '../manifest/settings.ts';
import { readRetentionKeys } from '../retention/keys.ts';
import { readAudit } from '../retention/settings.ts';
import { telemetryOf } from '../../registry/telemetry-shape.ts';
import { readRunner } from '../runner/settings.ts';
import { readTelemetry } from '../telemetry/settings.ts';
import { listStored } from '../stored.ts';
import { readVendors, standingFor } from '../vendors/facts.ts';
import { readKnown } from '../vault/known.ts';

/** Everything that gateways are to decide by, of all spaces, as the store holds it at one moment. */
export interface Configuration {
  readonly servers: readonly Server[];
  readonly toolsets: readonly Toolset[];
  readonly tokens: readonly AgentToken[];
  readonly agents: readonly Agent[];
  readonly issuers: readonly Issuer[];
  readonly scopes: readonly ScopeGrant[];
  readonly network: NetworkSettings;
  readonly limits: StandingLimits;
  readonly audit: AuditSettings;
  readonly telemetry?: TelemetrySettings;
  readonly recovery?: NonNullable<Snapshot['recovery']>;
  readonly restoredAt?: number;
  readonly flow: FlowSettings;
  readonly detect: DetectSettings;
  /** How secrets of the vault are known again, sealed. */
  readonly known: Readonly<Record<string, string>>;
  /** What detectors are made of, which knowledge says: not read with the rest. */
  readonly detection?: DetectionEdition;
  readonly rules: Rules;
}

type Listed<K extends Parameters<typeof listStored>[1]> = Awaited<ReturnType<typeof listStored<K>>>;

/** What policy is compiled from. */
export interface Rules {
  readonly roles: Listed<'role'>;
  readonly bindings: Listed<'binding'>;
  readonly policies: Listed<'policy'>;
  readonly exceptions: Listed<'exception'>;
  /** What containments have policy say while they hold. */
  readonly containments: Awaited<ReturnType<typeof readPolicyContainments>>;
  readonly classification: readonly { readonly space: string; readonly rules: ClassificationShape }[];
  readonly vendors: Listed<'vendor'>;
  readonly defaults: DefaultsShape;
}

/** Reads it whole; within a transaction it is one moment's. Tokens that have ended are left out: gateways need not hold them. */
export async function readConfiguration(rows: Rows, now: number): Promise<Configuration> {
  const { listen: _, control: _door, ...network } = await readNetwork(rows);
  const { recoveryKeys } = await readBackup(rows);
  const restored = await readRestored(rows);
  const telemetry = telemetryOf(await readTelemetry(rows));
  const spaces = await spacesOf(rows);
  const flows = await Promise.all(spaces.map(async (space) => ({ space, rules: (await readFlowParts(rows, space)).classification })));
  return {
    servers: await quarantined(rows, await readServers(rows, now), now),
    toolsets: (await listStored(rows, 'toolset')).map(({ id, space, body }) => ({ id, space, ...body })),
    tokens: (await listStored(rows, 'token')).flatMap(({ id, space, body: { revokedAt, madeBy: _maker, ...body } }) =>
      revokedAt === undefined && body.expiresAt > now ? [{ id, space, ...body }] : []),
    agents: (await listStored(rows, 'agent')).map(({ id, space, body }) => ({ id, space, ...body })),
    ...(await readTrust(rows)),
    network,
    limits: await readStandingLimits(rows),
    audit: await readAuditSettings(rows, now),
    flow: await readFlowSettings(rows, spaces),
    detect: await raisedInspection(rows, await readDetectSettings(rows), now), known: await readKnown(rows),
    ...(telemetry === undefined ? {} : { telemetry }), ...(recoveryKeys === undefined ? {} : { recovery: { keys: recoveryKeys } }),
    ...(restored === undefined ? {} : { restoredAt: restored.at }),
    rules: {
      roles: await listStored(rows, 'role'), bindings: await listStored(rows, 'binding'),
      vendors: await listStored(rows, 'vendor'),
      policies: await listStored(rows, 'policy'), exceptions: (await listStored(rows, 'exception')).filter(({ body }) => body.expiresAt > now),
      containments: await readPolicyContainments(rows, now),
      classification: flows.filter(({ rules }) => Object.keys(rules).length > 0), defaults: (await readFlowParts(rows, DEFAULT_SPACE)).defaults,
    },
  };
}

async function readAuditSettings(rows: Rows, now: number): Promise<AuditSettings> {
  const audit = await readAudit(rows);
  return { classes: classesOf(audit), keys: await readRetentionKeys(rows, now), scorePeople: audit.scorePeople ?? true };
}

/** Whose tokens the gate takes: those that spaces declare, and the embedded issuer's everywhere once it has opened. */
async function readTrust(rows: Rows): Promise<Pick<Configuration, 'issuers' | 'scopes'>> {
  const { issuers, scopes } = await readIssuers(rows);
  const published = await readPublished(rows);
  if (published === undefined) return { issuers, scopes };
  return { scopes, issuers: [...issuers, embeddedIssuer(published, await spacesOf(rows))] };
}

/** Where there is anything, in order. */
async function spacesOf(rows: Rows): Promise<readonly string[]> {
  const placed = [...(await rows.list('server')), ...(await rows.list('toolset'))].map(({ space }) => space);
  return [...new Set([DEFAULT_SPACE, ...placed])].toSorted();
}

export async function readServers(rows: Rows, now: number): Promise<readonly Server[]> {
  const { unjailed } = await readRunner(rows);
  const vendors = await readVendors(rows, now);
  const baselines = new Map((await listStored(rows, 'baseline')).map(({ space, id, body }) => [`${space}/${id}`, body]));
  return (await listStored(rows, 'server')).map(({ id, space, body }) => {
    const { tools: _tools, allow: _allow, reason: _reason, declaredBy: _by, vendor: whose, ...server } = body;
    const baseline = baselines.get(`${space}/${id}`);
    const told = unjailed === undefined ? server : { ...server, endpoint: acceptUnjailed(server.endpoint) };
    const vendor = standingFor({ space, endpoint: server.endpoint, ...(whose === undefined ? {} : { vendor: whose }) }, vendors);
    return { id, space, ...told, ...(vendor === undefined ? {} : { vendor }), ...(baseline === undefined ? {} : { baseline }) };
  });
}

function acceptUnjailed(endpoint: Endpoint): Endpoint {
  return endpoint.transport === 'stdio' ? { ...endpoint, launch: { ...endpoint.launch, unjailed: true } } : endpoint;
}
