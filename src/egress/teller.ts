import { LIMITS } from '../domain/limits.ts';
import type { ServerName } from './permission.ts';

/** A connection, or a name, that a server was refused. */
export interface Refusal extends ServerName {
  readonly host: string;
  readonly port?: number;
  readonly code: string;
}

const TOLD_AGAIN_MS = 60_000;
const SERVERS_MAX = 1_000;

/**
 * Tells of what people should see on a server: each host once a minute at most, and of one server no more hosts in a minute than are
 * shown of it. What one server asks for takes nothing from another's. The record of a refusal is made all the same.
 */
export function createTeller(tell: (refusal: Refusal) => Promise<unknown>, now: () => number = Date.now): (refusal: Refusal) => void {
  const servers = new Map<string, { readonly since: number; readonly told: Set<string> }>();
  return (refusal) => {
    const { space, server, host, port } = refusal;
    if (host === '') return;
    const name = JSON.stringify([space, server]);
    const known = servers.get(name);
    const current = known !== undefined && now() - known.since < TOLD_AGAIN_MS ? known : { since: now(), told: new Set<string>() };
    const key = JSON.stringify([host, port]);
    if (current.told.has(key) || current.told.size >= LIMITS.egressTriedMax) return;
    // Last again; the names of servers are the runner's to say, and the one that was quiet for longest is forgotten first.
    servers.delete(name);
    for (const oldest of servers.keys()) {
      if (servers.size < SERVERS_MAX) break;
      servers.delete(oldest);
    }
    servers.set(name, current);
    current.told.add(key);
    tell(refusal).catch(() => void current.told.delete(key));
  };
}
