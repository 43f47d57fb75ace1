import { SallyportError } from '../../domain/errors.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import type { NetworkPlace, PodSelector, Segment, SegmentPeer } from '../../domain/segment.ts';
import type { Endpoint } from '../../domain/server.ts';
import { ID_PATTERN } from '../names.ts';
import { readNetwork, readNetworks } from './network.ts';
import type { Network } from './network.ts';

/** What the registry says of one server, as far as its segment goes. */
export interface SegmentedServer {
  readonly id: string;
  readonly hosting: string;
  readonly endpoint: Endpoint;
  readonly segment?: Segment;
}

export interface Peer {
  readonly networks: readonly Network[];
  readonly pods?: PodSelector;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** One server whose traffic is judged: only the gate (and `ingress`) reaches it, and it reaches only `egress`. */
export interface Guarded {
  readonly id: string;
  readonly port: number;
  readonly networks: readonly Network[];
  readonly pods?: PodSelector;
  readonly ingress: readonly Peer[];
  readonly egress: readonly Peer[];
}

/** What is left open, and how it is closed. */
export interface Gap {
  readonly server: string;
  readonly why: string;
  readonly remedy: string;
}

export interface SegmentPlan {
  readonly space: string;
  readonly gate: { readonly networks: readonly Network[]; readonly pods?: PodSelector };
  /** In the order of their ids. */
  readonly servers: readonly Guarded[];
  readonly gaps: readonly Gap[];
}

/** Whether somebody else could call it on a network of ours: hosted by the company, and not a process of the runner. */
function isSegmentable({ hosting, endpoint }: Pick<SegmentedServer, 'hosting' | 'endpoint'>): boolean {
  return hosting === 'self' && endpoint.transport !== 'stdio';
}

/**
 * What is to be guarded, out of what is declared. Deterministic: the same registry gives the same plan. Throws
 * `ERR_SEGMENT_INCOMPLETE` where nothing says from where the gate calls; a server without a place is a gap, never left out in silence.
 */
export function planSegments(space: string, gate: NetworkPlace | undefined, servers: readonly SegmentedServer[]): SegmentPlan {
  for (const name of [space, ...servers.map(({ id }) => id)]) if (!ID_PATTERN.test(name)) throw new RangeError('not a name of the registry');
  if (gate === undefined) {
    throw new SallyportError('ERR_SEGMENT_INCOMPLETE', 'nothing says from where the gate calls', {
      remedy: 'Declare gateway.segment with the addresses or the pods of your gateways (docs/segments.md), and apply it.',
    });
  }
  const ours = servers.filter(isSegmentable).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return {
    space,
    gate: placeOf(gate),
    servers: ours.flatMap((server) => (server.segment === undefined || isOnLoopback(server) ? [] : [guard(server, server.segment)])),
    gaps: ours.flatMap(gapsOf),
  };
}

function guard({ id, endpoint }: SegmentedServer, segment: Segment): Guarded {
  return {
    id, port: segment.port ?? portOf(endpoint), ...placeOf(segment),
    ingress: (segment.ingress ?? []).map(peerOf),
    egress: (segment.egress ?? []).map(peerOf),
  };
}

function placeOf({ addresses = [], pods }: NetworkPlace): Pick<Guarded, 'networks' | 'pods'> {
  return { networks: readNetworks(addresses), ...(pods === undefined ? {} : { pods }) };
}

function peerOf({ port, protocol = 'tcp', ...place }: SegmentPeer): Peer {
  return { ...placeOf(place), port, protocol };
}

function urlOf(endpoint: Endpoint): URL | undefined {
  return endpoint.transport !== 'stdio' && URL.canParse(endpoint.url) ? new URL(endpoint.url) : undefined;
}

function portOf(endpoint: Endpoint): number {
  const url = urlOf(endpoint);
  if (url !== undefined && url.port !== '') return Number(url.port);
  return url?.protocol === 'http:' ? 80 : 443;
}

function isOnLoopback({ endpoint }: SegmentedServer): boolean {
  return isLoopbackHost(urlOf(endpoint)?.hostname ?? '');
}

function gapsOf(server: SegmentedServer): readonly Gap[] {
  const gap = (why: string, remedy: string): readonly Gap[] => [{ server: server.id, why, remedy }];
  if (isOnLoopback(server)) {
    return gap('is on the machine of the gate: loopback has no segment', 'let the runner start it (command), or move it to an address of its own');
  }
  if (server.segment === undefined) return gap('declares no segment: anybody who reaches it calls it', `declare servers.${server.id}.segment`);
  const host = (urlOf(server.endpoint)?.hostname ?? '').replaceAll(/^\[|\]$/g, '');
  const called = readNetwork(host);
  const declared = server.segment.addresses ?? [];
  if (called === undefined || declared.length === 0 || readNetworks(declared).some((network) => holds(network, called))) return [];
  return gap('its url names an address outside its segment', 'correct the one or the other: what the gate calls is not what is guarded');
}

/** Whether a network holds an address. */
function holds(network: Network, { address, family }: Network): boolean {
  return network.family === family && readNetwork(`${address}/${network.bits}`)?.address === network.address;
}
