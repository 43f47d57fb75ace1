import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownKeyOf } from '../detect/secrets/sealed.ts';
import { flowKeyOf } from '../flow/provenance/key.ts';
import { openKeptRaises } from '../gateway/kept-raises.ts';
import { createSeal } from '../gateway/seal.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { listenerOf, placeOf } from '../link/place.ts';
import { serveLink } from '../link/serve.ts';
import { openRedisState } from '../store/state-redis.ts';
import { openFleet, type FleetOptions } from './fleet.ts';
import { openFloor } from './floor.ts';
import { askText, openInForce, recordRecovery, stateOver, untilInForce, watchControl } from './gateway-control.ts';
import { addressOf, openDoor, type Door } from './gateway-door.ts';
import { joinDataPlane } from './gateway-path.ts';
import { joinPresence } from './gateway-presence.ts';
import { checkOwnFiles } from './own-files.ts';

export interface GatewayRoleOptions {
  readonly home: string;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Serves plain HTTP, on a loopback address only. */
  readonly insecureLoopback: boolean;
  /** This replica's name, unique in the fleet. */
  readonly node: string;
  readonly redisUrl?: string;
  /** PEM of the roots that Redis is verified against, in place of the system's. */
  readonly storeRoots?: string;
  /** Where the other roles are, when they are on other machines. */
  readonly fleet?: FleetOptions;
}

const SWEEP_MS = 1_000;
const SHUTDOWN_GRACE_MS = 3_000;

export interface RunningGateway {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the data plane: links to the other roles, what control signed, the joined rooms, the link that control and
 * other replicas ask over, and at last the door for clients. Resolves when a snapshot is in force.
 */
export async function startGateway(options: GatewayRoleOptions): Promise<RunningGateway> {
  const { home, node } = options;
  const address = addressOf(options.listen, options.insecureLoopback);
  const files = filesOf(home, node);
  checkOwnFiles(home, 'gateway');
  ensureRoleKey(home, 'gateway');
  const fleet = openFleet(home, 'gateway', { ...options.fleet, node }, (line) => console.error(`gateway: ${line}`));
  await fleet.joined;
  const links = { control: fleet.link('control'), ledger: fleet.link('ledger'), runner: fleet.link('runner') };
  const ending = new AbortController();
  const { signal } = ending;
  const floor = openFloor(home, files.version);
  const inForce = openInForce(home, floor);
  const secret = Buffer.from(await askText(links.control, 'control.keys', {}, 'seal', signal), 'base64url');
  const [seal, flowKey] = [createSeal(secret), flowKeyOf(secret)];
  const kept = openKeptRaises(files.raises, seal);
  const presence = joinPresence(links.control, kept, signal);
  const roots = options.storeRoots === undefined ? {} : { roots: options.storeRoots };
  const state = options.redisUrl === undefined ? stateOver(links.control) : await openRedisState(options.redisUrl, roots);
  const plane = joinDataPlane({
    home, node, links, inForce, floor, seal, state, signal, flowKey, keeping: presence, knownKey: knownKeyOf(secret),
    replica: (name) => fleet.replica('gateway', name),
  });
  const { refused, settle } = recordRecovery(plane.journal, node, floor, signal);
  inForce.onChange(settle);
  void watchControl({ control: links.control, inForce, floor, refused, signal }, { gateway: kept.id });
  const timer = setInterval(() => plane.sweep(), SWEEP_MS);
  inForce.onChange(() => plane.sweep());
  inForce.onLease(() => plane.sweep());
  const server = await serveLink({ home, self: 'gateway', node, handlers: plane.handlers, onRefused: plane.refusals.onRefused });
  fleet.serve(server);

  const close = async (door?: Door): Promise<void> => {
    clearInterval(timer);
    rmSync(files.url, { force: true });
    await door?.listener.close(SHUTDOWN_GRACE_MS);
    ending.abort();
    fleet.close();
    await server.close();
    await plane.close();
    await presence.close();
    for (const link of Object.values(links)) link.close();
  };
  try {
    await untilInForce(inForce, signal);
    // Nobody is let in before it inspects by what is signed, or has said why it does not.
    await plane.informed();
    const door = await openDoor(address, plane.gateway, inForce, links.control, signal);
    writeFileSync(files.url, `${door.url}\n`, { mode: 0o600 });
    return { port: door.listener.port, url: door.url, close: () => close(door) };
  } catch (fault) {
    await close();
    throw fault;
  }
}

function filesOf(home: string, node: string): { readonly version: string; readonly raises: string; readonly url: string } {
  return {
    version: join(home, 'gateway', `${node}.version`),
    raises: join(home, 'gateway', `${node}.raises`),
    url: join(placeOf(home, listenerOf('gateway', node)), 'door.url'),
  };
}
