import { readAllowedHost } from '../domain/allowed-host.ts';
import { assignNames, type Reachable } from './jailed/names.ts';

/** One thing that a jail has to hold, in the words of `sandbox/jail`. */
export type WayMount =
  | { readonly kind: 'read'; readonly from: string; readonly at: string }
  | { readonly kind: 'text'; readonly at: string; readonly text: string };

/** What makes the hosts of an allow-list reachable in the jail of one process. */
export interface Way {
  /** After those of the system: `/etc/hosts`, `/etc/resolv.conf` and `/etc/nsswitch.conf` are among them. */
  readonly mounts: readonly WayMount[];
  /** What the forwarder itself uses, which is not the server's to pay. */
  readonly besides: { readonly memoryBytes: number; readonly processes: number };
  /**
   * The command to run in the jail in place of `command`: starts the forwarder, and when it listens becomes `command`, without the
   * right to low ports (`lowPorts` of the jail).
   */
  wrap(command: readonly string[]): readonly string[];
}

export interface WayOptions {
  /** `sandbox.network` of the server. */
  readonly network: readonly string[];
  /** The process's folder of egress, with the socket in it. */
  readonly folder: string;
  readonly ticket: string;
  /** The program that runs the forwarder: this one. */
  readonly runtime: string;
  /** Where `jailed/` of this room is. */
  readonly program: string;
}

const AT = '/run/egress';
/** RLIMIT_DATA of the forwarder, whatever the server's is: with a little above 1 GiB the runtime reserves a GiB and does not start in the rest. */
const OWN_DATA_BYTES = 512 * 1024 * 1024;
/** Measured: 25 MiB and a dozen threads; twice that. */
const OWN_MEMORY_BYTES = 64 * 1024 * 1024;
const OWN_PROCESSES = 32;
const RESOLVER = 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n';
const SWITCH = 'passwd: files\ngroup: files\nhosts: files dns\n';
const OWN_HOSTS = '127.0.0.1 localhost\n127.0.0.1 jail\n';

/** Pure: from the allow-list of a server and the ticket of a process to what its jail holds. */
export function wayOf({ network, folder, ticket, runtime, program }: WayOptions): Way {
  const reachable = reachableOf(network);
  const settings = { socket: `${AT}/way/s`, ticket, reachable };
  return {
    mounts: [
      { kind: 'read', from: runtime, at: `${AT}/runtime` },
      { kind: 'read', from: program, at: `${AT}/program` },
      { kind: 'read', from: folder, at: `${AT}/way` },
      { kind: 'text', at: `${AT}/settings.json`, text: JSON.stringify(settings) },
      { kind: 'text', at: '/etc/hosts', text: hostsOf(reachable) },
      { kind: 'text', at: '/etc/resolv.conf', text: RESOLVER },
      { kind: 'text', at: '/etc/nsswitch.conf', text: SWITCH },
    ],
    besides: { memoryBytes: OWN_MEMORY_BYTES, processes: OWN_PROCESSES },
    wrap: (command) => ['/bin/sh', '-c', STARTING, 'egress', ...command],
  };
}

/**
 * The forwarder goes on beside the server as a child of the jail's first process, and ends with the jail. The server's variables and
 * stdin are not for it.
 */
const STARTING = [
  `said=$(env -i prlimit --data=${OWN_DATA_BYTES} ${AT}/runtime --smol ${AT}/program/forward.ts ${AT}/settings.json </dev/null &)`,
  '[ "$said" = ready ] || exit 125',
  'exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all -- "$@"',
].join('\n');

function reachableOf(network: readonly string[]): readonly Reachable[] {
  return network.flatMap((text) => {
    const allowed = readAllowedHost(text);
    return allowed === undefined ? [] : [{ host: allowed.host, anyBelow: allowed.anyBelow, ports: [allowed.port] }];
  });
}

/** The forwarder assigns addresses by the same rule and in the same order. */
function hostsOf(reachable: readonly Reachable[]): string {
  const names = assignNames(reachable);
  const lines = reachable.filter(({ anyBelow }) => !anyBelow).flatMap(({ host }) => {
    const assigned = names.addressOf(host);
    return assigned?.isNew === true ? [`${assigned.address} ${host}\n`] : [];
  });
  return OWN_HOSTS + lines.join('');
}
