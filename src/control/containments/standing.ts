import type { DetectSettings, DetectorModes, SpaceDetect } from '../../domain/detect.ts';
import { isHost } from '../../domain/allowed-host.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Server } from '../../domain/server.ts';
import type { Killed, Lease } from '../../domain/snapshot.ts';
import type { PolicyContainment } from '../../policy/containments.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import { activeContainments, serversOf, type Contained } from './active.ts';

/** What containments say outside snapshots, at once: switches, what was issued until when, hosts, credentials. */
export type Stops = Required<Pick<Lease, 'agentsNotBefore' | 'spacesNotBefore' | 'blockedHosts'>> & {
  readonly killed: Required<Killed>;
  readonly credentials: readonly string[];
  readonly principalsNotBefore: Readonly<Record<string, number>>;
};

interface Gathering {
  all: boolean;
  readonly kept: Readonly<Record<Exclude<keyof Killed, 'all'>, Set<string>>>;
  readonly credentials: Set<string>;
  readonly notBefore: Readonly<Record<'principals' | 'agents' | 'spaces', Record<string, number>>>;
  readonly hosts: Set<string>;
}

/** Reads it whole, of all spaces. */
export async function readStops(rows: Rows, now: number): Promise<Stops> {
  const kept = {
    spaces: new Set<string>(), agents: new Set<string>(), principals: new Set<string>(), servers: new Set<string>(), tools: new Set<string>(),
    contexts: new Set<string>(),
  };
  const found: Gathering = { all: false, kept, credentials: new Set(), notBefore: { principals: {}, agents: {}, spaces: {} }, hosts: new Set() };
  for (const containment of await listStored(rows, 'containment')) {
    const { body } = containment;
    if (body.verb === 'revoke-tokens' && body.state === 'done' && now - body.at < LIMITS.tokenLifetimeMsMax) endIssued(found, containment);
    if (body.verb === 'drop-context' && body.state === 'done' && now - body.at < LIMITS.contextDropMs) await stop(rows, found, containment);
    if (body.state !== 'applied' || (body.until !== undefined && body.until <= now)) continue;
    if (body.verb === 'kill' || body.verb === 'quarantine-server') await stop(rows, found, containment);
    if (body.verb === 'rotate-secret' && typeof body.result?.['holds'] === 'string') found.credentials.add(body.result['holds']);
    if (body.verb === 'block-host') await block(rows, found, containment);
  }
  const { all, notBefore } = found;
  const sorted = (name: keyof typeof kept): readonly string[] => [...kept[name]].toSorted();
  return {
    killed: {
      all, spaces: sorted('spaces'), agents: sorted('agents'), principals: sorted('principals'), servers: sorted('servers'), tools: sorted('tools'),
      contexts: sorted('contexts'),
    },
    credentials: [...found.credentials], principalsNotBefore: notBefore.principals,
    agentsNotBefore: notBefore.agents, spacesNotBefore: notBefore.spaces, blockedHosts: [...found.hosts].toSorted(),
  };
}

async function stop(rows: Rows, found: Gathering, { space, id, body }: Contained): Promise<void> {
  const { target, name } = body.scope;
  const { kept } = found;
  if (target === 'all') found.all = true;
  else if (target === 'space') kept.spaces.add(space);
  else if (target === 'agent') kept.agents.add(`${space}/${name}`);
  else if (target === 'principal') kept.principals.add(`${space}/${name}`);
  else if (target === 'tool') kept.tools.add(`${space}/${name}`);
  else if (target === 'context') kept.contexts.add(`${space}/${name}`);
  else if (target === 'credential') found.credentials.add(name);
  else for (const server of await serversOf(rows, { space, body }) ?? never(id)) kept.servers.add(`${space}/${server}`);
}

/** What is done to something that this verb knows nothing of holds nothing, which is worse than no answer. */
function never(id: string): never {
  throw new Error(`containment ${id} stops nothing`);
}

function endIssued({ notBefore }: Gathering, { space, body: { at, scope: { target, name } } }: Contained): void {
  const later = (ends: Record<string, number>, key: string): void => void (ends[key] = Math.max(ends[key] ?? 0, at));
  if (target === 'agent') later(notBefore.agents, `${space}/${name}`);
  if (target === 'principal') later(notBefore.principals, `${space}/${name}`);
  if (target === 'space') later(notBefore.spaces, space);
  if (target === 'all') later(notBefore.spaces, '*');
}

/** Servers that are reached there stop; local ones keep running, without it. */
async function block(rows: Rows, { hosts, kept }: Gathering, { space, body: { scope: { name }, everywhere } }: Contained): Promise<void> {
  hosts.add(`${everywhere === true ? '*' : space}/${name}`);
  for (const server of everywhere === true ? await listStored(rows, 'server') : await listStored(rows, 'server', space)) {
    const { endpoint } = server.body;
    if (endpoint.transport !== 'stdio' && isHost(name, new URL(endpoint.url).hostname)) kept.servers.add(`${server.space}/${server.id}`);
  }
}

/** The servers as gateways are to see them: what is in quarantine by a containment is so like what is by a person. */
export async function quarantined(rows: Rows, servers: readonly Server[], now: number): Promise<readonly Server[]> {
  const names = await quarantinedNames(rows, now);
  const isIn = ({ space, id }: Server): boolean => names.has(`${space}/${id}`);
  return names.size === 0 ? servers : servers.map((server) => (isIn(server) ? { ...server, status: 'quarantined' as const } : server));
}

/** As `<space>/<server>`: those that a containment has in quarantine now. */
export async function quarantinedNames(rows: Rows, now: number): Promise<ReadonlySet<string>> {
  const active = (await activeContainments(rows, now)).filter(({ body }) => body.verb === 'quarantine-server');
  return new Set((await Promise.all(active.map(async (one) => (await serversOf(rows, one) ?? []).map((server) => `${one.space}/${server}`)))).flat());
}

const BY_POLICY: readonly PolicyContainment['verb'][] = ['read-only', 'require-approval', 'step-up', 'raise-inspection', 'block-host'];
const APPROVERS = 'role:approver';
const TOKEN_AGE_MAX_S = 900;

/** What policy is to say while they hold, by space. */
export async function readPolicyContainments(
  rows: Rows, now: number,
): Promise<readonly { readonly space: string; readonly containment: PolicyContainment }[]> {
  const found: { readonly space: string; readonly containment: PolicyContainment }[] = [];
  for (const one of await activeContainments(rows, now)) {
    const { id, space, body: { verb, scope: { target, name }, until, approvers = APPROVERS, tokenAgeMaxS = TOKEN_AGE_MAX_S, everywhere } } = one;
    const said = BY_POLICY.find((known) => known === verb);
    if (said === undefined || until === undefined) continue;
    const servers = await serversOf(rows, one);
    found.push({
      space,
      containment: {
        id, verb: said, until, approvers, tokenAgeMaxS, organisation: target === 'all' || everywhere === true,
        ...(servers === undefined ? {} : { servers }), ...(target === 'tool' ? { tool: name.slice(name.indexOf('/') + 1) } : {}),
        ...(target === 'agent' ? { agent: name } : {}), ...(target === 'principal' ? { principal: name } : {}),
      },
    });
  }
  return found;
}

/** What spaces say of detection, with what containments say on top: where inspection is raised, everything looks. */
export async function raisedInspection(rows: Rows, settings: DetectSettings, now: number): Promise<DetectSettings> {
  let raised: Record<string, SpaceDetect> = { ...settings };
  for (const one of await activeContainments(rows, now)) {
    const { space, body: { verb, scope, everywhere: isEverywhere } } = one;
    if (verb === 'block-host') {
      const spaces = isEverywhere === true ? await spacesOf(rows, raised) : [space];
      for (const of of spaces) raised = { ...raised, [of]: { ...raised[of], blockedHosts: [...new Set([...(raised[of]?.blockedHosts ?? []), scope.name])] } };
    }
    if (verb !== 'raise-inspection') continue;
    const servers = await serversOf(rows, one);
    const spaces = scope.target === 'all' ? Object.keys(raised) : [space];
    for (const of of spaces) raised = { ...raised, [of]: servers === undefined ? atAll(raised[of] ?? {}) : atServers(raised[of] ?? {}, servers) };
  }
  return raised;
}

async function spacesOf(rows: Rows, settings: DetectSettings): Promise<readonly string[]> {
  return [...new Set([DEFAULT_SPACE, ...Object.keys(settings), ...(await listStored(rows, 'server')).map(({ space }) => space)])].toSorted();
}

function atAll({ detectors: _off, servers = {}, ...rest }: SpaceDetect): SpaceDetect {
  const raised = Object.entries(servers).map(([id, { detectors: _modes, ...server }]) => [id, { ...server, onFailure: 'refuse' as const }] as const);
  return { ...rest, onFailure: 'refuse', ...(raised.length === 0 ? {} : { servers: Object.fromEntries(raised) }) };
}

/** What the space has switched off is on again at these servers alone. */
function atServers(space: SpaceDetect, servers: readonly string[]): SpaceDetect {
  const { detectors = {}, servers: told = {} } = space;
  const on: DetectorModes = Object.fromEntries(Object.keys(detectors).map((id) => [id, 'on' as const]));
  const raised = servers.map((id) => [id, { ...told[id], detectors: on, onFailure: 'refuse' as const }] as const);
  return { ...space, servers: { ...told, ...Object.fromEntries(raised) } };
}
