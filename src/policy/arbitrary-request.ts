import * as fc from 'fast-check';
import type { AccessRequest } from '../domain/decision.ts';
import { ACTIONS, DRIFTS } from '../domain/decision.ts';
import { FINDING_IDS, SEVERITIES, type Finding } from '../domain/finding.ts';
import type { JsonObject } from '../domain/json.ts';
import { DESTINATIONS, type Provenance } from '../domain/provenance.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';
import { WORDS, pick } from './arbitrary-policy.ts';
import { ANN } from './fixture.ts';

/** Arguments of `crm/pay` by its pinned types, some of them missing or null. */
export const payArguments: fc.Arbitrary<JsonObject> = fc.record(
  {
    amount: pick(0, 1, -1.5, 99.9999, 100, 922337203685477, null),
    to: pick(...WORDS),
    urgent: pick(true, false),
    tags: fc.array(pick(...WORDS), { maxLength: 3 }),
    customer: fc.record({ name: pick(...WORDS), age: pick(17, 18, null) }, { requiredKeys: ['name'] }),
    extra: fc.constant({ __entity: { type: 'Person', id: 'x' } }),
  },
  { requiredKeys: [] },
);

const principals = fc.record({
  id: pick('sallyport|ann', 'sallyport|bob'),
  kind: pick<'person' | 'workload'>('person', 'workload'),
  groups: fc.subarray(['support', 'ops']),
  agent: pick(...WORDS),
  actors: fc.subarray(['a', 'mallory', '']),
  proof: pick<'bearer' | 'dpop'>('bearer', 'dpop'),
  tokenAgeMs: pick(0, 999, 10_000, 3_600_000),
});

type Place = readonly ['tool' | 'prompt' | 'resource' | 'server', string, string];
const PAY: Place = ['tool', 'crm', 'pay'];
const OTHERS: readonly Place[] = [
  ['tool', 'crm', 'find'], ['tool', 'wiki', 'read'], ['prompt', 'crm', 'hello'], ['resource', 'crm', 'file:///a'], ['server', 'crm', ''],
];

export const labels = fc.record({
  confidentiality: pick(...CONFIDENTIALITIES),
  categories: fc.subarray([...CATEGORIES]),
  integrity: pick<'trusted' | 'untrusted'>('trusted', 'untrusted'),
});

export const findings: fc.Arbitrary<readonly Finding[]> = fc.array(
  fc.tuple(pick(...FINDING_IDS), pick(...SEVERITIES)).map(([id, severity]): Finding => {
    const [detector = '', rule = ''] = id.split('/');
    return { detector, rule, severity, at: [] };
  }),
  { maxLength: 2 },
);

export const provenance: fc.Arbitrary<Provenance> = fc.record({
  destinations: pick(...DESTINATIONS),
  flowsFrom: fc.subarray(['crm', 'crm/find', 'wiki', 'a']),
  confidentiality: pick(...CONFIDENTIALITIES),
  categories: fc.subarray([...CATEGORIES]),
});

/** Requests of anyone for anything, most often calls of `crm/pay`. */
export const requests: fc.Arbitrary<AccessRequest> = fc
  .record({
    principal: principals,
    place: pick<Place>(PAY, PAY, PAY, ...OTHERS),
    action: fc.oneof({ weight: 3, arbitrary: pick<AccessRequest['action']>('call_tool') }, { weight: 1, arbitrary: pick(...ACTIONS) }),
    effect: fc.option(pick(...EFFECTS), { nil: undefined, freq: 8 }),
    labels,
    toolsets: fc.subarray(['sales']),
    args: payArguments,
    zone: pick<AccessRequest['context']['zone']>('loopback', 'internal', 'external'),
    drift: pick(...DRIFTS),
    flow: labels,
    findings,
    provenance,
    clearance: fc.option(pick(...CONFIDENTIALITIES), { nil: undefined }),
    memory: fc.option(fc.boolean(), { nil: undefined }),
    now: pick(...[0, 1, 2, 3, 4, 5, 6].map((day) => Date.UTC(2026, 10, 22 + day, day * 3, 59)), Date.UTC(2026, 10, 23, 10), 0),
  })
  .map(({ principal, place: [kind, server, name], action, effect, toolsets, zone, now, args, ...rest }): AccessRequest => ({
    principal: { ...ANN, ...principal },
    action,
    resource: {
      kind, server, name, toolsets, labels: rest.labels, ...(kind === 'tool' && effect !== undefined ? { effect } : {}),
      ...(rest.clearance === undefined ? {} : { clearance: rest.clearance }), ...(rest.memory === undefined ? {} : { memory: rest.memory }),
    },
    context: { arguments: args, zone, now, drift: rest.drift, flow: rest.flow, findings: rest.findings, provenance: rest.provenance },
  }));
