import { isHost } from '../../domain/allowed-host.ts';
import type { ContainmentScope } from '../../domain/containment.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { StoredContext } from '../contexts/schema.ts';
import { findStored, listStored, type Stored } from '../stored.ts';
import { referencesOf } from '../vault/findings.ts';
import { serversOf } from './active.ts';
import type { StoredContainment, Touched } from './schema.ts';

type About = { readonly space: string; readonly body: StoredContainment };

/** What a containment is about, as it is known now: what a dry run shows, and what the record of it counts. Never a value. */
export async function touchedBy(rows: Rows, about: About, now: number): Promise<Touched> {
  const { space, body: { scope } } = about;
  // A name that was mistyped must not look as if something had been met.
  const declared = new Set((await listStored(rows, 'server', space)).map(({ id }) => id));
  const servers = scope.target === 'host' ? await serversAt(rows, space, scope.name) : (await serversOf(rows, about))?.filter((id) => declared.has(id));
  const contexts = await contextsOf(rows, space, scope);
  const tokens = (await listStored(rows, 'token', space)).filter(({ body }) => body.revokedAt === undefined && body.expiresAt > now)
    .filter(({ id, body }) => isOf(scope, { id, agent: body.agent, principal: `sallyport|${body.subject}` }));
  const connections = (await listStored(rows, 'connection', space)).filter(({ body }) => body.state !== 'revoked')
    .filter(({ id, body }) => servers?.includes(body.server) === true || isOf(scope, { id, agent: body.agent, principal: body.principal }));
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['servers', scope.target === 'all' || scope.target === 'space' ? await idsOf(rows, 'server', scope, space) : servers],
    ['users', scope.target === 'credential' ? await usersOf(rows, space, scope.name) : undefined],
    ['tools', await toolsOf(rows, space, scope, servers)],
    ['agents', scope.target === 'all' || scope.target === 'space' ? await idsOf(rows, 'agent', scope, space) : undefined],
    ['contexts', contexts.map(({ id }) => id)], ['tokens', tokens.map(({ id }) => id)], ['connections', connections.map(({ id }) => id)],
  ];
  // By their ids tokens and accounts say whose they are: of a person under a pseudonym they would say the name.
  const isUnnamed = (kind: string): boolean => scope.target === 'principal' && (kind === 'tokens' || kind === 'connections');
  return Object.fromEntries(parts.flatMap(([kind, names = []]) => (names.length === 0 ? []
    : [[kind, { count: names.length, names: isUnnamed(kind) ? [] : names.slice(0, LIMITS.containmentTouchedMax) }]])));
}

/** The flow contexts that a scope names. */
export async function contextsOf(rows: Rows, space: string, scope: ContainmentScope): Promise<readonly Stored<StoredContext>[]> {
  if (scope.target === 'context') return [await findStored(rows, 'context', space, scope.name)].filter((one) => one !== undefined);
  const all = scope.target === 'all' ? await listStored(rows, 'context') : await listStored(rows, 'context', space);
  return all.filter(({ id, body }) => isOf(scope, { id, agent: body.agent, principal: body.principal, actors: body.actors }));
}

interface Whose {
  readonly id: string;
  readonly agent: string;
  readonly principal: string;
  readonly actors?: readonly string[];
}

function isOf({ target, name }: ContainmentScope, { id, agent, principal, actors = [] }: Whose): boolean {
  if (target === 'all' || target === 'space') return true;
  if (target === 'agent') return agent === name || actors.includes(name);
  return target === 'principal' ? principal === name : target === 'credential' && id === name;
}

async function idsOf(rows: Rows, kind: 'server' | 'agent', { target }: ContainmentScope, space: string): Promise<readonly string[]> {
  const all = target === 'all' ? await listStored(rows, kind) : await listStored(rows, kind, space);
  return all.map((row) => (target === 'all' ? `${row.space}/${row.id}` : row.id));
}

async function toolsOf(rows: Rows, space: string, { target, name }: ContainmentScope, servers: readonly string[] = []): Promise<readonly string[]> {
  const found = await Promise.all(servers.map(async (id) => {
    const baseline = await findStored(rows, 'baseline', space, id);
    return (baseline?.body.surface.tools ?? []).map((tool) => `${id}/${tool.name}`).filter((tool) => target !== 'tool' || tool === name);
  }));
  return found.flat();
}

/** Those that are reached at a host, and local ones that may reach it. */
async function serversAt(rows: Rows, space: string, host: string): Promise<readonly string[]> {
  return (await listStored(rows, 'server', space)).flatMap(({ id, body: { endpoint } }) => {
    const hosts = endpoint.transport === 'stdio' ? endpoint.launch.sandbox.network.map((entry) => entry.replace(/:\d.*$/, ''))
      : [new URL(endpoint.url).hostname];
    return hosts.some((one) => isHost(host, one)) ? [id] : [];
  });
}

async function usersOf(rows: Rows, space: string, secret: string): Promise<readonly string[]> {
  return (await listStored(rows, 'server', space)).flatMap(({ id, body }) => (referencesOf(body).includes(`vault:${secret}`) ? [id] : []));
}
