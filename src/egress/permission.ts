import type { AllowedHost } from '../domain/allowed-host.ts';
import { findAllowedHost, isHost, readAllowedHost, readHost } from '../domain/allowed-host.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Server } from '../domain/server.ts';
import type { Lease, Snapshot } from '../domain/snapshot.ts';

/** Which server a process is of. */
export interface ServerName {
  readonly space: string;
  readonly server: string;
}

/** What judges a connection: all of it was signed by control, and is looked at anew each time. */
export interface Judge {
  readonly snapshot: Pick<Snapshot, 'servers'>;
  readonly lease: Pick<Lease, 'killed' | 'blockedHosts'>;
}

/**
 * The entry by which a server may reach a host now. Throws `ERR_KILLED`, `ERR_SERVER_UNKNOWN|NOT_APPROVED|QUARANTINED`, and
 * `ERR_EGRESS_FORBIDDEN`: what is not in the list does not exist for it.
 */
export function permit({ snapshot, lease }: Judge, { space, server }: ServerName, host: string, port: number): AllowedHost {
  const isKilled = lease.killed.all || (lease.killed.spaces ?? []).includes(space) || lease.killed.servers.includes(`${space}/${server}`);
  if (isKilled) throw new SallyportError('ERR_KILLED', 'The server is stopped by a kill switch.');
  const entry = snapshot.servers.find((one) => one.space === space && one.id === server);
  if (entry === undefined) throw new SallyportError('ERR_SERVER_UNKNOWN', 'No such server is registered.');
  if (entry.status === 'quarantined') throw new SallyportError('ERR_SERVER_QUARANTINED', 'The server is in quarantine.');
  if (entry.status !== 'approved') throw new SallyportError('ERR_SERVER_NOT_APPROVED', 'The server is not approved: until then it reaches nothing.');
  const name = readHost(host);
  if (name !== undefined && (lease.blockedHosts ?? []).some((blocked) => isBlocked(blocked, space, name))) {
    throw new SallyportError('ERR_EGRESS_FORBIDDEN', 'The host is blocked.');
  }
  const found = name === undefined ? undefined : findAllowedHost(allowedOf(entry), name, port);
  if (found === undefined) throw new SallyportError('ERR_EGRESS_FORBIDDEN', 'The server may not connect there.');
  return found;
}

/** `blocked`: `<space>/<host>`. */
function isBlocked(blocked: string, space: string, host: string): boolean {
  const at = blocked.indexOf('/');
  return ['*', space].includes(blocked.slice(0, at)) && isHost(blocked.slice(at + 1), host);
}

/** By entry of a snapshot, which never changes. */
const READ = new WeakMap<Server, readonly AllowedHost[]>();

function allowedOf(entry: Server): readonly AllowedHost[] {
  const known = READ.get(entry);
  if (known !== undefined) return known;
  const network = entry.endpoint.transport === 'stdio' ? entry.endpoint.launch.sandbox.network : [];
  const hosts = network.flatMap((text) => readAllowedHost(text) ?? []);
  READ.set(entry, hosts);
  return hosts;
}
