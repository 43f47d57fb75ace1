import { expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { signalName, signalsOf } from './signal.ts';

const record = (event: string, more: JsonObject = {}): JsonObject => ({ id: 'r', at: 5, space: 'default', event, exchange: 'x', ...more });
const names = (one: JsonObject): readonly string[] => signalsOf(one).map(signalName);

test('findings of a call are signals about its caller, server and tool, and say what was at stake', () => {
  const findings = [{ detector: 'egress', rule: 'data-in-url', severity: 'high', at: [] }, { detector: 'cost', rule: 'size', severity: 'low', at: [] }];
  const labels = { confidentiality: 'confidential', categories: ['pii'], integrity: 'untrusted' };
  const told = signalsOf(record('call.permitted', {
    findings, labels, effect: 'communicate', principal: 'https://idp|ann', agent: 'bot', context: 'c', server: 'web', tool: 'get',
    standing: { credentials: ['k'] },
  }));
  expect(told).toMatchObject([0, 1].map((index) => ({
    id: `r/${index}`, at: 5, space: 'default', source: index === 0 ? 'egress' : 'cost', rule: index === 0 ? 'data-in-url' : 'size',
    severity: index === 0 ? 'high' : 'low', outcome: 'passed', effect: 'communicate', labels, exchange: 'x',
    subjects: { principal: 'https://idp|ann', agent: 'bot', context: 'c', server: 'web', tool: 'get', credential: 'k' },
  })));
});

test('whoever a workload of ours acts for is whom it is about, and the workload is nobody', () => {
  const findings = [{ detector: 'egress', rule: 'long-url', severity: 'low', at: [] }];
  const [own] = signalsOf(record('call.denied', { findings, principal: 'sallyport|registry' }));
  expect(own?.subjects).toEqual({});
  const [behind] = signalsOf(record('call.denied', { findings, principal: 'sallyport|registry', onBehalfOf: { principal: 'https://idp|ann' } }));
  expect(behind?.subjects).toEqual({ principal: 'https://idp|ann' });
});

test('who looked at a vendor, or at a host, is not whom it is about', () => {
  const findings = [{ detector: 'vendor', rule: 'issuer', severity: 'high', at: [] }];
  const [probed] = signalsOf(record('finding.raised', {
    findings, principal: 'https://idp|ann', detail: { vendor: 'acme', endpoint: 'https://acme.example' },
  }));
  expect(probed).toMatchObject({ subjects: { vendor: 'acme' }, outcome: 'seen' });
  expect(probed?.subjects.principal).toBeUndefined();
});

test('events that look wrong by themselves are read by what they say', () => {
  expect(names(record('call.denied', { code: 'ERR_POLICY_DENIED', policies: ['default/uncleared-sink', 'default/own/default/rule-of-two', 'crm'] })))
    .toEqual(['policy/uncleared-sink', 'policy/rule-of-two', 'call.denied/ERR_POLICY_DENIED']);
  expect(names(record('drift.found', { server: 'crm', detail: {
    drift: [{ kind: 'tool', name: 'send', class: 'effect' }, { kind: 'prompt', name: 'p', class: 'formatting' }], findings: { 'tool-poisoning/conceal': 2 },
  } }))).toEqual(['drift.found/effect', 'drift.found/formatting', 'tool-poisoning/definition-conceal']);
  expect(names(record('inventory.changed', { detail: { asset: 'a', status: 'rogue', hosts: ['h'], servers: [] } }))).toEqual(['inventory/rogue']);
  expect(names(record('inventory.changed', { detail: { asset: 'a', status: 'sanctioned' } }))).toEqual([]);
  expect(names(record('file.changed', { detail: { host: 'h', differences: [{ file: '/f', what: 'server-added', severity: 'high' }] } })))
    .toEqual(['file.changed/server-added']);
  expect(signalsOf(record('package.refused', { code: 'ERR_PACKAGE_TAMPERED', detail: { packages: ['npm:x@1'] } }))).toMatchObject([
    { source: 'package', severity: 'critical', outcome: 'stopped', subjects: { package: 'npm:x@1' } },
  ]);
  expect(names(record('server.failed', { code: 'ERR_RUNNER_EXITED' }))).toEqual([]);
  expect(names(record('config.refused', {}))).toEqual(['config.refused/refused']);
});

test('what incidents, containments and playbooks write is no signal: nothing feeds itself', () => {
  const findings = [{ detector: 'egress', rule: 'sink', severity: 'high', at: [] }];
  const events = ['incident.opened', 'containment.applied', 'playbook.stepped', 'exercise.scored', 'job.ran'];
  for (const event of events) expect(names(record(event, { findings }))).toEqual([]);
});

test('a record that says it in another form tells of nothing, and one of very much of a bounded number', () => {
  const odd: readonly JsonObject[] = [
    {}, { id: 1, at: 2, space: 3, event: 4 }, record('drift.found', { detail: 'no' }), record('drift.found', { detail: { drift: [3], findings: [] } }),
    record('file.changed', { detail: { differences: [{ what: 1 }] } }), record('call.denied', { findings: 'none', policies: 'none', code: 7 }),
    record('inventory.found', { detail: { status: 'rogue' } }), record('constructor'), record('__proto__'),
  ];
  for (const one of odd) expect(names(one).filter((name) => name !== 'call.denied/denied')).toEqual([]);
  const findings = Array.from({ length: 500 }, () => ({ detector: 'egress', rule: 'sink', severity: 'high', at: [] }));
  expect(signalsOf(record('call.permitted', { findings }))).toHaveLength(LIMITS.signalsOfRecordMax);
  const [long] = signalsOf(record('call.denied', { code: 'ERR_KILLED', server: 's'.repeat(5_000) }));
  expect(long?.subjects.server).toHaveLength(LIMITS.signalNameCharsMax);
});
