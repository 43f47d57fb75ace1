import { hostname } from 'node:os';
import { unwrap } from '../../client-files/runs/unwrap.ts';
import type { Registered } from '../../discover/correlate/judge.ts';
import { isLikeness, keyOfPackage, keyOfUrl, keysOfRuns } from '../../discover/keys.ts';
import type { AssetKey } from '../../domain/observation.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { StoredServer } from '../servers/schema.ts';
import { listStored } from '../stored.ts';
import type { Traffic } from './traffic.ts';

/**
 * The registry as what is seen is compared with it: the organisation's inventory with the servers of every space, that of
 * another space with its own and the organisation's.
 */
export async function readRegistered(rows: Rows, space: string, { usedAt, isKnown }: Traffic, now: number): Promise<readonly Registered[]> {
  const isOurs = (of: string): boolean => space === DEFAULT_SPACE || of === space || of === DEFAULT_SPACE;
  const changedAt = new Map((await rows.list('server')).map((row) => [`${row.space}/${row.id}`, row.updatedAt]));
  const servers = (await listStored(rows, 'server')).filter((server) => isOurs(server.space)).map(({ id, space: of, body }): Registered => ({
    id, name: id, isApproved: body.status === 'approved', keys: keysOf(body), declaredAt: changedAt.get(`${of}/${id}`) ?? now,
    ...lastUse(usedAt.get(id), isKnown, now),
  }));
  // A toolset is no place of its own: what it leads to is judged by itself.
  const toolsets = (await listStored(rows, 'toolset')).filter((toolset) => isOurs(toolset.space)).map(({ id }): Registered => ({
    id: `t/${id}`, name: id, isApproved: true, keys: [], declaredAt: now, usedAt: now,
  }));
  return [...servers, ...toolsets];
}

/** Where it is not known what passed the gate, nothing is said to be unused. */
function lastUse(usedAt: number | undefined, isKnown: boolean, now: number): { readonly usedAt?: number } {
  if (usedAt !== undefined) return { usedAt };
  return isKnown ? {} : { usedAt: now };
}

/** Local ones are of the machine that control runs on; where runners are elsewhere, their hosts' sensors name them by their package. */
function keysOf({ endpoint }: StoredServer): readonly AssetKey[] {
  if (endpoint.transport !== 'stdio') {
    const key = keyOfUrl(endpoint.url, hostname());
    return key === undefined ? [] : [key];
  }
  const { command, args, cwd, package: pin } = endpoint.launch;
  if (pin !== undefined) return [keyOfPackage(pin.ecosystem, pin.name)];
  // What only looks like it is not sanctioned by it.
  return keysOfRuns(unwrap([command, ...args], cwd === undefined ? {} : { cwd }).runs, hostname()).filter((key) => !isLikeness(key));
}
