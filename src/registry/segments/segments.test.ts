import { describe, expect, test } from 'bun:test';
import type { Segment } from '../../domain/segment.ts';
import { parseManifest } from '../manifest.ts';
import { compareKubernetes } from './kubernetes-drift.ts';
import { compileKubernetes, formatKubernetes } from './kubernetes.ts';
import { readNetwork } from './network.ts';
import { compareNftables } from './nftables-drift.ts';
import { compileNftables, formatNftables, nftablesGaps } from './nftables.ts';
import { planSegments } from './plan.ts';
import type { SegmentedServer } from './plan.ts';

const GATE = { addresses: ['10.20.0.5', '10.20.0.0/30', 'fd00:20::/64'], pods: { namespace: 'sallyport', labels: { role: 'gateway' } } };

function server(id: string, segment?: Segment, url = `https://${id}.corp.example/mcp`, hosting = 'self'): SegmentedServer {
  return { id, hosting, endpoint: { transport: 'http', url, allowPrivate: false }, ...(segment === undefined ? {} : { segment }) };
}

const CRM: Segment = {
  addresses: ['10.30.0.7', 'fd00:30::7'], pods: { namespace: 'crm', labels: { tier: 'mcp', app: 'crm' } }, port: 8443,
  egress: [
    { host: 'db.corp.example', addresses: ['10.40.0.5'], port: 5432 },
    { pods: { namespace: 'dns', labels: { app: 'dns' } }, port: 53, protocol: 'udp' },
  ],
  ingress: [{ addresses: ['10.50.0.0/24'], port: 9100, reason: 'monitoring' }],
};
function manifest(segment: object): string {
  return `apiVersion: sallyport/v1\nservers:\n  crm: { url: "https://crm.corp.example/mcp", owner: a@b.example, segment: ${JSON.stringify(segment)} }\n`;
}

function pods(namespace: string, labels: object): object {
  return { pods: { namespace, labels } };
}

function text(...servers: readonly SegmentedServer[]): string {
  return formatNftables(compileNftables(planSegments('default', GATE, servers)));
}

function blocks(...cidrs: readonly string[]): object[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

function podsOf(namespace: string, matchLabels: object): object {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels } };
}

function beside(matchLabels: object, spec: object): ClusterPolicy {
  return { metadata: { name: 'theirs', namespace: 'crm' }, spec: { podSelector: { matchLabels }, policyTypes: ['Ingress'], ...spec } };
}

const plan = planSegments('default', GATE, [server('crm', CRM), server('lab'), server('news', undefined, undefined, 'vendor')]);

/** What nft would list of a table: with handles, and counters that count. */
function listed(table = compileNftables(plan)): { nftables: Record<string, unknown>[] } {
  const { family, name } = table;
  return JSON.parse(JSON.stringify({ nftables: [
    { metainfo: { version: '1.0.6' } }, { table: { family, name, handle: 4 } },
    ...table.chains.map((chain, handle) => ({ chain: {
      family, table: name, name: chain.name, handle, ...(chain.hook === undefined ? {} : { type: 'filter', hook: chain.hook, prio: -10, policy: 'accept' }),
    } })),
    ...table.rules.map((rule, handle) => ({ rule: { family, table: name, chain: rule.chain, handle, comment: rule.comment,
      expr: rule.expr.map((one) => (JSON.stringify(one) === '{"counter":null}' ? { counter: { packets: 7, bytes: 420 } } : one)) } })),
    { table: { family: 'ip', name: 'nat', handle: 1, flags: 'dormant' } }, { set: { family: 'ip', table: 'nat', name: 'others' } },
  ] }));
}

interface ClusterPolicy {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a cluster would list: with its own words. */
function inCluster(): { items: ClusterPolicy[] } {
  return JSON.parse(JSON.stringify({ items: compileKubernetes(plan).map(({ metadata, spec }) => ({
    metadata: { ...metadata, uid: 'x', resourceVersion: '5' }, spec,
  })) }));
}

const RULES = `\
add table inet sallyport_default
delete table inet sallyport_default
table inet sallyport_default {
  chain ingress {
    ip daddr 10.30.0.7 tcp dport 8443 ip saddr 10.20.0.0/30 return comment "crm"
    ip daddr 10.30.0.7 tcp dport 8443 ip saddr 10.20.0.5 return comment "crm"
    ip6 daddr fd00:30::7 tcp dport 8443 ip6 saddr fd00:20::/64 return comment "crm"
    ip daddr 10.30.0.7 tcp dport 9100 ip saddr 10.50.0.0/24 return comment "crm"
    ip daddr 10.30.0.7 counter reject with icmpx admin-prohibited comment "crm"
    ip6 daddr fd00:30::7 counter reject with icmpx admin-prohibited comment "crm"
  }
  chain egress {
    ip saddr 10.30.0.7 tcp dport 5432 ip daddr 10.40.0.5 return comment "crm"
    ip saddr 10.30.0.7 counter reject with icmpx admin-prohibited comment "crm"
    ip6 saddr fd00:30::7 counter reject with icmpx admin-prohibited comment "crm"
  }
  chain judge {
    ct state established accept
    ct state related meta l4proto icmp accept
    ct state related meta l4proto ipv6-icmp accept
    icmpv6 type nd-neighbor-solicit accept
    icmpv6 type nd-neighbor-advert accept
    jump ingress
    jump egress
  }
  chain input {
    type filter hook input priority -10; policy accept;
    jump judge
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    jump judge
  }
  chain output {
    type filter hook output priority -10; policy accept;
    jump judge
  }
}
`;

type Listed = ReturnType<typeof listed>;
type Cluster = ReturnType<typeof inCluster>;

describe('nftables', () => {
  test('only the gate reaches a server, and it reaches only what is declared; all else is refused', () => {
    expect(formatNftables(compileNftables(plan))).toBe(RULES);
  });

  test('the same registry gives the same rules, whatever the order in which it is read', () => {
    const other = server('wiki', { addresses: ['10.30.0.9'] });
    expect(text(server('crm', CRM), other)).toBe(text(other, server('crm', { ...CRM, addresses: ['fd00:30:0::7', '10.30.0.7', '10.30.0.7'] })));
  });

  test('a listing of exactly that is no drift; counters and other tables are nothing', () => {
    expect(compareNftables(compileNftables(plan), listed())).toEqual([]);
  });

  test.each([
    ['the table is gone', 'missing', (l: Listed) => l.nftables.splice(1, 1)],
    ['the table is dormant', 'changed', (l: Listed) => Object.assign(l.nftables[1]?.['table'] ?? {}, { flags: 'dormant' })],
    ['a base chain is gone', 'missing', (l: Listed) => l.nftables.splice(5, 1)],
    ['a base chain stands elsewhere', 'changed', (l: Listed) => Object.assign(l.nftables[5]?.['chain'] ?? {}, { prio: 300 })],
    ['a rule is gone', 'missing', (l: Listed) => l.nftables.splice(9, 1)],
    ['rules changed places', 'changed', (l: Listed) => l.nftables.splice(8, 2, ...l.nftables.slice(8, 10).toReversed())],
    ['a rule too many', 'extra', (l: Listed) => l.nftables.push(
      { rule: { family: 'inet', table: 'sallyport_default', chain: 'judge', handle: 99, expr: [{ accept: null }] } })],
    ['a rule twice', 'changed', (l: Listed) => l.nftables.push(l.nftables[8] ?? {})],
    ['a chain too many', 'extra', (l: Listed) => l.nftables.push(
      { chain: { family: 'inet', table: 'sallyport_default', name: 'aside', handle: 99, type: 'filter', hook: 'input', prio: -20, policy: 'accept' } })],
    ['a set in it', 'extra', (l: Listed) => l.nftables.push({ set: { family: 'inet', table: 'sallyport_default', name: 's' } })],
  ] as const)('drift: %s', (_name, what, change) => {
    const listing = listed();
    change(listing);
    expect(compareNftables(compileNftables(plan), listing).map((one) => one.what)).toContain(what);
  });

  test('what is no listing is refused, never taken for no drift', () => {
    for (const value of [{}, [], null, { nftables: 'x' }, { items: [] }]) expect(() => compareNftables(compileNftables(plan), value)).toThrow('no listing');
  });
});

describe('Kubernetes', () => {
  test('a policy for each server that runs as pods: in from the gate, out to what is declared', () => {
    const [policy, ...others] = compileKubernetes(plan);
    expect([others, policy?.metadata.name, policy?.metadata.namespace]).toEqual([[], 'sallyport-default-crm', 'crm']);
    expect<object | undefined>(policy?.spec).toEqual({
      podSelector: { matchLabels: { app: 'crm', tier: 'mcp' } }, policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [...blocks('10.20.0.0/30', '10.20.0.5/32', 'fd00:20::/64'),
          podsOf('sallyport', { role: 'gateway' })], ports: [{ protocol: 'TCP', port: 8443 }] },
        { from: blocks('10.50.0.0/24'), ports: [{ protocol: 'TCP', port: 9100 }] },
      ],
      egress: [
        { to: blocks('10.40.0.5/32'), ports: [{ protocol: 'TCP', port: 5432 }] },
        { to: [podsOf('dns', { app: 'dns' })], ports: [{ protocol: 'UDP', port: 53 }] },
      ],
    });
    expect(JSON.parse(formatKubernetes(compileKubernetes(plan)))).toMatchObject({ apiVersion: 'v1', kind: 'List', items: [{ kind: 'NetworkPolicy' }] });
  });

  test('what the cluster writes back of it is no drift', () => expect(compareKubernetes(compileKubernetes(plan), 'default', inCluster())).toEqual([]));

  test.each([
    ['the policy is gone', ['missing'], (l: Cluster) => l.items.splice(0, 1)],
    ['it selects other pods', ['changed'], (l: Cluster) => Object.assign(l.items[0]?.spec ?? {}, { podSelector: { matchLabels: { app: 'x' } } })],
    ['it does not judge what goes out', ['changed'], (l: Cluster) => Object.assign(l.items[0]?.spec ?? {}, { policyTypes: ['Ingress'] })],
    ['it lets somebody else in', ['changed'], (l: Cluster) => Object.assign(l.items[0]?.spec ?? {}, { ingress: [{}] })],
    ['one of ours for no server', ['extra'], (l: Cluster) => l.items.push({ spec: {}, metadata: {
      ...inCluster().items[0]?.metadata, name: 'sallyport-default-gone', namespace: 'elsewhere' } })],
    ['another policy lets everybody to all pods', ['widened'], (l: Cluster) => l.items.push(beside({}, { ingress: [{}] }))],
    ['another policy may select the same pods', ['widened'], (l: Cluster) => l.items.push(beside({ blue: 'yes' }, { egress: [{}] }))],
    ['another policy selects others', [], (l: Cluster) => l.items.push(beside({ app: 'shop' }, { ingress: [{}] }))],
    ['another policy only refuses', [], (l: Cluster) => l.items.push(beside({}, {}))],
  ] as const)('drift: %s', (_name, what, change) => {
    const listing = inCluster();
    change(listing);
    expect([...new Set(compareKubernetes(compileKubernetes(plan), 'default', listing).map((one) => one.what))]).toEqual([...what]);
  });

  test('what is no list is refused', () => {
    for (const value of [{}, { items: [{}] }, { nftables: [] }]) expect(() => compareKubernetes([], 'default', value)).toThrow('no list');
  });
});

describe('what is left open', () => {
  test('is said of each server: no segment, loopback, an address elsewhere, a gate without a place', () => {
    expect(plan.gaps.map(({ server: id, why }) => `${id} ${why}`)).toEqual(['lab declares no segment: anybody who reaches it calls it']);
    const [near, moved] = [server('near', CRM, 'http://127.0.0.1:8080/mcp'), server('moved', CRM, 'https://10.30.0.8:8443/mcp')];
    expect(planSegments('default', GATE, [near, moved]).gaps.map(({ why }) => why)).toEqual([
      'its url names an address outside its segment', 'is on the machine of the gate: loopback has no segment',
    ]);
    expect(planSegments('default', GATE, [server('v6', { addresses: ['fd00:30::/64'] }, 'https://[fd00:30:0::9]/mcp')]).gaps).toEqual([]);
    expect(nftablesGaps(plan)).toHaveLength(1);
    expect(() => planSegments('default', undefined, [])).toThrow('from where the gate calls');
    const many = Array.from({ length: 64 }, (_, index) => `10.31.0.${index + 1}`);
    const [wide, peer] = [server('wide', { addresses: many, egress: Array.from({ length: 5 }, () => ({ addresses: many, port: 443 })) }), { addresses: many }];
    expect(() => compileNftables(planSegments('default', peer, [wide]))).toThrow('are the most');
  });
});

describe('hostile words', () => {
  const HOSTILE = [
    'crm" accept; comment "', 'crm\n    accept', 'a}', '; flush ruleset', '$(reboot)', '10.0.0.7 accept #', '../x', 'crm\u2028accept', 'CRM', 'a_b', '',
  ];

  test('a name that the registry could not have never reaches a rule', () => {
    for (const name of HOSTILE) {
      expect(() => planSegments('default', GATE, [server(name, CRM)])).toThrow();
      expect(() => planSegments(name, GATE, [server('crm', CRM)])).toThrow();
    }
  });

  test('no address is anything but an address or network of one party', () => {
    const addresses = [
      '10.0.0.7 accept', '10.0.0.7;', '10.0.0.7/24/8', '10.0.0.7/+8', '10.0.0.7/08', '10.0.0.7/33', '0x7f000001', '010.0.0.1', '10.1', '1', 'fe80::1%eth0',
      '::1', '127.0.0.1', '0.0.0.0/0', '0.0.0.0/1', '::/0', '224.0.0.1', '::ffff:10.0.0.7', 'db.corp.example', '10.0.0.7\n', ' 10.0.0.7', ...HOSTILE,
    ];
    for (const address of addresses) expect([address, readNetwork(address)]).toEqual([address, undefined]);
    expect(['10.0.0.77/24', '10.0.0.7/32', 'FD00:0::1:2/64'].map((address) => readNetwork(address)?.text)).toEqual(['10.0.0.0/24', '10.0.0.7', 'fd00::/64']);
  });

  test('the manifest refuses words that are none, where they stand', () => {
    expect(parseManifest(manifest(CRM), 'f').servers[0]?.segment).toEqual(CRM);
    for (const segment of [
      {}, { port: 80 }, { addresses: [] }, { addresses: ['10.0.0.7; accept'] }, pods('a b', { a: 'b' }), pods('a', {}), pods('a', { 'x y': 'b' }),
      pods('a', { a: '{{ x }}' }), { addresses: ['10.0.0.7'], port: '80; accept' }, { addresses: ['10.0.0.7'], egress: [{ host: 'db.example', port: 5432 }] },
      { addresses: ['10.0.0.7'], egress: [{ addresses: ['10.0.0.8'], port: 1, protocol: 'tcp accept' }] },
    ]) {
      expect(() => parseManifest(manifest(segment), 'f')).toThrow('f:3:');
    }
    expect(() => parseManifest(manifest(CRM).replace('owner:', 'hosting: vendor, owner:'), 'f')).toThrow('hosting: self');
  });
});
