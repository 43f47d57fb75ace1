import { expect, test } from 'bun:test';
import { changesSince, eventOf, knownAfter } from './changes.ts';
import type { ProbeFacts, ProbeReport } from './result.ts';

function report(facts: ProbeFacts): ProbeReport {
  return {
    format: 'sallyport/vendor-probe/1', vendor: 'acme', endpoint: 'https://mcp.acme.example/mcp', startedAt: 1, endedAt: 2, requests: 1, withAccount: false,
    permission: { by: 'a@example.com', until: 3, digest: `sha256:${'0'.repeat(64)}` }, probes: [], facts,
  };
}

const CERTIFICATE = { sha256: 'a', subject: 'CN=acme', issuer: 'CN=One', expiresAt: 1, isTrusted: true };
const BEFORE: ProbeFacts = {
  auth: 'oauth', revisions: ['2026-07-28', '2025-11-25'], issuers: ['https://a.example'], hosts: ['a.example'], certificate: CERTIFICATE,
  advisories: ['CVE-2026-1'], software: { name: 'x', version: '1' }, tools: [{ name: 'one', digest: 'd' }, { name: 'two', digest: 'd' }],
};

function changed(facts: ProbeFacts): readonly string[] {
  return changesSince(knownAfter(undefined, report(BEFORE)), report(facts)).map((one) => `${one.rule} ${one.severity} ${eventOf(one) ?? ''}`.trim());
}

test('each kind of difference is told once, with what it asks for', () => {
  expect(changed(BEFORE)).toEqual([]);
  expect(changed({ tools: [{ name: 'one', digest: 'e' }, { name: 'three', digest: 'd' }] })).toEqual([
    'tool-added medium tool-drift', 'tool-changed medium tool-drift', 'tool-removed low tool-drift',
  ]);
  expect(changed({ auth: 'none' })).toEqual(['authentication critical']);
  expect(changed({ auth: 'other' })).toEqual(['authentication medium']);
  expect(changed({ certificate: { ...CERTIFICATE, sha256: 'b' } })).toEqual(['certificate info']);
  expect(changed({ certificate: { ...CERTIFICATE, sha256: 'b', issuer: 'CN=Other' } })).toEqual(['certificate medium certificate-changed']);
  expect(changed({ issuers: ['https://b.example'] })).toEqual(['issuer high issuer-changed']);
  expect(changed({ hosts: ['a.example', 'b.example'] })).toEqual(['domain high domain-changed']);
  expect(changed({ revisions: ['2026-07-28'] })).toEqual(['revisions low protocol-changed']);
  expect(changed({ advisories: ['CVE-2026-1', 'CVE-2026-2'] })).toEqual(['advisory high advisory']);
});

test('order is no difference, and what was not seen neither', () => {
  expect(changed({ revisions: ['2025-11-25', '2026-07-28'], tools: [...(BEFORE.tools ?? [])].toReversed() })).toEqual([]);
  expect(changed({})).toEqual([]);
});
