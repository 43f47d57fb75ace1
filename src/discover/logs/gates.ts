import { splitHost } from './traffic.ts';
import type { Traffic } from './traffic.ts';

/** Tells what passes the gate from what goes around it. */
export type IsOwn = (traffic: Traffic) => boolean;

const HTTPS = 443;

/**
 * `gates`: where the gate runs, each a name or an address, with the port of its door if that is not 443. What comes from there is the
 * gate's own; of what goes there only what goes to its door: another server of the same machine is another server.
 */
export function ownTrafficOf(gates: readonly string[]): IsOwn {
  const named = gates.map((gate) => splitHost(gate.toLowerCase()));
  const sources = new Set(named.map(({ host }) => host));
  const doors = new Set(named.map(({ host, port = HTTPS }) => `${host}:${port}`));
  return ({ from, host, port, secure }) => sources.has(from?.toLowerCase() ?? '')
    || (host !== undefined && doors.has(`${host.toLowerCase()}:${port ?? (secure === false ? 80 : HTTPS)}`));
}
