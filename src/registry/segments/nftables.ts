import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ID_PATTERN } from '../names.ts';
import type { Network } from './network.ts';
import type { Gap, Guarded, Peer, SegmentPlan } from './plan.ts';

/** One rule, as nft reads it and as `nft -j list ruleset` shows it. Made here of closed words only: no name reaches a rule but in its comment. */
export interface NftRule {
  readonly chain: string;
  readonly text: string;
  readonly expr: readonly Json[];
  readonly comment?: string;
}

export interface NftChain {
  readonly name: string;
  /** Base chains only. */
  readonly hook?: string;
}

export interface NftTable {
  readonly family: 'inet';
  readonly name: string;
  readonly chains: readonly NftChain[];
  readonly rules: readonly NftRule[];
}

/** Before the machine's own filters (0): what they accept can still not pass, for a refusal is final in nftables. */
export const NFT_PRIORITY = -10;
const HOOKS = ['input', 'forward', 'output'] as const;

interface Part {
  readonly text: string;
  readonly expr: Json;
}

/**
 * The table of a space's segments. It judges packets from and to declared addresses and lets all others alone, so it may be
 * loaded on the servers' own machines and on routers between them. First who may reach a server, then what a server may
 * reach: a server that may reach a network still cannot call another server in it. Throws `ERR_SEGMENT_INCOMPLETE` for more rules than a table is to have.
 */
export function compileNftables(plan: SegmentPlan): NftTable {
  const rules = rulesOf(plan);
  if (rules.length > LIMITS.segmentRulesMax) {
    throw new SallyportError('ERR_SEGMENT_INCOMPLETE', `these segments come to ${rules.length} rules; ${LIMITS.segmentRulesMax} are the most`, {
      remedy: 'Declare networks in place of single addresses, or reach many parties through a proxy.',
    });
  }
  return {
    family: 'inet',
    name: tableName(plan.space),
    chains: [{ name: 'ingress' }, { name: 'egress' }, { name: 'judge' }, ...HOOKS.map((hook) => ({ name: hook, hook }))],
    rules,
  };
}

function rulesOf({ gate, servers }: SegmentPlan): readonly NftRule[] {
  const ours = servers.filter(({ networks }) => networks.length > 0);
  return [
    ...ours.flatMap((server) => pairs(server.networks, gate.networks).map(([to, from]) => (
      allow('ingress', server.id, [address('daddr', to), port('tcp', server.port), address('saddr', from)])))),
    ...ours.flatMap((server) => server.ingress.flatMap((peer) => toRules('ingress', server, peer, 'daddr', 'saddr'))),
    ...ours.flatMap((server) => server.networks.map((network) => refuse('ingress', server.id, address('daddr', network)))),
    ...ours.flatMap((server) => server.egress.flatMap((peer) => toRules('egress', server, peer, 'saddr', 'daddr'))),
    ...ours.flatMap((server) => server.networks.map((network) => refuse('egress', server.id, address('saddr', network)))),
    ...JUDGE.map((parts) => rule('judge', parts)),
    ...HOOKS.map((hook) => rule(hook, [jump('judge')])),
  ];
}

/** The gate's own addresses are missing, or a peer is known by its pods alone: rules that nftables can't have. */
export function nftablesGaps({ gate, servers }: SegmentPlan): readonly Gap[] {
  const ours = servers.filter(({ networks }) => networks.length > 0);
  const remedy = 'declare its addresses: nftables knows no pods';
  return ours.flatMap(({ id, egress, ingress }): readonly Gap[] => [
    ...(gate.networks.length > 0 ? [] : [{ server: id, why: 'the gate has no addresses: nobody reaches it', remedy: 'declare gateway.segment.addresses' }]),
    ...[...egress, ...ingress].filter(({ networks }) => networks.length === 0)
      .map(({ port: at }) => ({ server: id, why: `a peer on port ${at} has no addresses: it stays shut`, remedy })),
  ]);
}

/** As one file for `nft -f`: the old table is replaced in the same transaction, so there is no moment without rules. */
export function formatNftables({ family, name, chains, rules }: NftTable): string {
  const body = chains.flatMap((chain) => [
    `  chain ${chain.name} {`,
    ...(chain.hook === undefined ? [] : [`    type filter hook ${chain.hook} priority ${NFT_PRIORITY}; policy accept;`]),
    ...rules.filter((one) => one.chain === chain.name).map(({ text, comment }) => `    ${text}${comment === undefined ? '' : ` comment "${comment}"`}`),
    '  }',
  ]);
  return [`add table ${family} ${name}`, `delete table ${family} ${name}`, `table ${family} ${name} {`, ...body, '}', ''].join('\n');
}

/** Ids have no underscore, so two spaces never share a table. */
function tableName(space: string): string {
  return `sallyport_${space.replaceAll('-', '_')}`;
}

const ACCEPT: Part = { text: 'accept', expr: { accept: null } };
const jump = (target: string): Part => ({ text: `jump ${target}`, expr: { jump: { target } } });
const state = (name: string): Part => ({ text: `ct state ${name}`, expr: { match: { op: 'in', left: { ct: { key: 'state' } }, right: name } } });
const protocol = (name: string): Part => ({ text: `meta l4proto ${name}`, expr: { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: name } } });
const neighbour = (type: string): Part => ({
  text: `icmpv6 type ${type}`, expr: { match: { op: '==', left: { payload: { protocol: 'icmpv6', field: 'type' } }, right: type } },
});

/** What belongs to a connection that was let through, the errors it causes (ICMP only), and IPv6's way of finding neighbours. */
const JUDGE: readonly (readonly Part[])[] = [
  [state('established'), ACCEPT],
  [state('related'), protocol('icmp'), ACCEPT],
  [state('related'), protocol('ipv6-icmp'), ACCEPT],
  [neighbour('nd-neighbor-solicit'), ACCEPT],
  [neighbour('nd-neighbor-advert'), ACCEPT],
  [jump('ingress')],
  [jump('egress')],
];

function toRules(chain: string, server: Guarded, peer: Peer, own: 'saddr' | 'daddr', other: 'saddr' | 'daddr'): readonly NftRule[] {
  return pairs(server.networks, peer.networks).map(([one, two]) => (
    allow(chain, server.id, [address(own, one), port(peer.protocol, peer.port), address(other, two)])));
}

function pairs(ones: readonly Network[], others: readonly Network[]): readonly (readonly [Network, Network])[] {
  return ones.flatMap((one) => others.filter(({ family }) => family === one.family).map((other) => [one, other] as const));
}

function address(field: 'saddr' | 'daddr', { text, address: at, bits, family }: Network): Part {
  const name = family === 4 ? 'ip' : 'ip6';
  const right: Json = text === at ? at : { prefix: { addr: at, len: bits } };
  return { text: `${name} ${field} ${text}`, expr: { match: { op: '==', left: { payload: { protocol: name, field } }, right } } };
}

function port(name: 'tcp' | 'udp', number: number): Part {
  return { text: `${name} dport ${number}`, expr: { match: { op: '==', left: { payload: { protocol: name, field: 'dport' } }, right: number } } };
}

function allow(chain: string, server: string, parts: readonly Part[]): NftRule {
  return rule(chain, [...parts, { text: 'return', expr: { return: null } }], server);
}

/** Told to the sender: a call past the gate fails at once, and the counter shows that somebody tries. */
function refuse(chain: string, server: string, part: Part): NftRule {
  return rule(chain, [
    part, { text: 'counter', expr: { counter: null } },
    { text: 'reject with icmpx admin-prohibited', expr: { reject: { type: 'icmpx', expr: 'admin-prohibited' } } },
  ], server);
}

function rule(chain: string, parts: readonly Part[], server?: string): NftRule {
  if (server !== undefined && !ID_PATTERN.test(server)) throw new RangeError('not a name of the registry');
  return {
    chain, text: parts.map(({ text }) => text).join(' '), expr: parts.map(({ expr }) => expr), ...(server === undefined ? {} : { comment: server }),
  };
}
