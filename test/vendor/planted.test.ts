import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { probeKnowledge, probeReach } from '../../src/cli/vendor/probe-kit.ts';
import { goodDisclosure } from '../fixtures/good-vendor.ts';
import { knowledgeOf, shippedTables } from '../../src/knowledge/table.ts';
import { changesSince, knownAfter } from '../../src/vendor/probe/changes.ts';
import { CHECKS } from '../../src/vendor/probe/checks.ts';
import type { CheckId } from '../../src/vendor/probe/checks.ts';
import { PERMISSION } from '../../src/vendor/probe/permission.ts';
import type { ProbeReport } from '../../src/vendor/probe/result.ts';
import type { Disclosure } from '../../src/vendor/disclosure/answer.ts';
import { probeEndpoint } from '../../src/vendor/probe/run.ts';
import type { ProbeRun } from '../../src/vendor/probe/run.ts';
import { dayOf } from '../../src/vendor/score/input.ts';
import { scoreOf } from '../../src/vendor/score/score.ts';
import type { Score } from '../../src/vendor/score/score.ts';
import { ACCOUNTS } from './planted-oauth.ts';
import { startPlanted } from './planted.ts';
import type { Planted } from './planted.ts';

setDefaultTimeout(60_000);

/** Seven vendors with faults of one kind each, and one without any. */
const FAULTS: Readonly<Record<string, readonly CheckId[]>> = {
  'good.test': [],
  'transport.test': ['tls-version', 'tls-current', 'certificate-expiry', 'hsts', 'plaintext', 'resource-metadata'],
  'unknown.test': ['certificate', 'authorization-servers', 'security-txt', 'disclosure-policy', 'caa'],
  'open.test': ['stranger-hello', 'stranger-tools', 'stranger-call', 'foreign-origin', 'foreign-host', 'cors', 'http-sse'],
  'issuer.test': [
    'challenge', 'resource-identity', 'issuer-identity', 'pkce-s256', 'pkce-plain', 'issuer-https', 'client-metadata', 'open-registration', 'issuer-in-answer',
    'bound-tokens',
  ],
  'tokens.test': [
    'session-random', 'session-authority', 'session-bound', 'token-nonsense', 'token-unsigned', 'token-forged', 'token-audience', 'token-expired',
    'token-query', 'redirect', 'current-revision', 'old-revision', 'private-fetch',
  ],
  'errors.test': [
    'stack-trace', 'file-path', 'sql-error', 'key-name', 'version-banner', 'rate-limit', 'body-size', 'deep-json', 'batch', 'slow-body', 'version-error',
    'header-mismatch', 'header-missing', 'issuer-metadata', 'session-length', 'session-distinct', 'session-random',
  ],
  'tools.test': ['tool-order', 'tool-text', 'tool-schema', 'tool-pages', 'tool-cache', 'read-only-hint', 'destructive-hint', 'scopes'],
};

const NOW = Date.now();
const knowledge = probeKnowledge(knowledgeOf(shippedTables()));
const planted = new Map<string, Planted>();
for (const [name, faults] of Object.entries(FAULTS)) planted.set(name, await startPlanted(name, new Set(faults)));
// All at once: most of the time is waiting.
beforeAll(() => Promise.all(Object.keys(FAULTS).map(reportOf)));
afterAll(() => planted.forEach((one) => one.stop()));

function runOf(name: string, change: Partial<ProbeRun> = {}): ProbeRun {
  const endpoint = planted.get(name);
  if (endpoint === undefined) throw new Error('not planted');
  const { url, plainOrigin, roots } = endpoint;
  const permission = PERMISSION.parse({
    apiVersion: 'sallyport/vendor-permission/v1', vendor: 'planted', by: 'security@planted.test', reference: 'a test', asker: 'us@example.com',
    until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10), endpoints: [url], origins: [plainOrigin], private: ['127.0.0.0/8'],
    consents: ['tokens', 'limits', 'fetches'],
  });
  return {
    ...probeReach(permission), vendor: 'planted', endpoint: url, permission, accounts: ACCOUNTS, extraRoots: roots, signal: new AbortController().signal,
    resolve: () => Promise.resolve(['127.0.0.1']), turn: () => Promise.resolve(), slowBodyMs: 4_000,
    knowledge: { ...knowledge, caaOf: (host) => Promise.resolve(host === 'unknown.test' ? 0 : 1) }, ...change,
  };
}

const reports = new Map<string, Promise<ProbeReport>>();

/** Probed once for all tests. */
function reportOf(name: string): Promise<ProbeReport> {
  const made = reports.get(name) ?? probeEndpoint(runOf(name));
  reports.set(name, made);
  return made;
}

function checksWith(report: ProbeReport, outcome: string): readonly string[] {
  return report.probes.flatMap(({ checks }) => checks).filter((one) => one.outcome === outcome).map(({ check }) => check).toSorted();
}

describe('of eight planted endpoints exactly the planted faults are reported', () => {
  test.each(Object.keys(FAULTS))('%s', async (name) => {
    const report = await reportOf(name);
    expect(checksWith(report, 'fail')).toEqual([...(FAULTS[name] ?? [])].toSorted());
    // Nothing is left out: each check has come to something.
    const seen: readonly string[] = report.probes.flatMap(({ checks }) => checks.map(({ check }) => check));
    expect(seen.toSorted()).toEqual(Object.keys(CHECKS).toSorted());
    if (name === 'good.test') expect(report.probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    if (name !== 'tokens.test' && name !== 'errors.test') expect(planted.get(name)?.open()).toBe(0);
    for (const token of Object.values(ACCOUNTS)) expect(JSON.stringify(report)).not.toContain(token);
  });
});

/** What all eight say of themselves: the truth, where nothing is wrong. */
function claims(name: string): Disclosure {
  return goodDisclosure(NOW, {
    endpoints: { value: [planted.get(name)?.url ?? ''] }, revisions: { value: ['2026-07-28', '2025-11-25'] },
    tools: {
      value: [
        { name: 'get_contact', effect: 'read', data: 'internal' }, { name: 'list_contacts', effect: 'read', data: 'internal' },
        { name: 'create_contact', effect: 'write', data: 'internal' }, { name: 'delete_contact', effect: 'destroy', data: 'internal' },
      ],
    },
  });
}

/** Every claim that is not so at an endpoint with those faults. */
const CAUGHT: Readonly<Record<string, readonly string[]>> = {
  'good.test': [],
  'transport.test': ['tls/plaintext', 'tls/tls-version'],
  'unknown.test': ['security-contact/security-txt'],
  'open.test': ['authentication/open', 'authentication/stranger-call', 'authentication/stranger-tools', 'transports/undisclosed'],
  'issuer.test': ['audience/resource-identity', 'pkce/pkce-plain', 'pkce/pkce-s256', 'token-binding/dpop'],
  'tokens.test': [
    'audience/token-audience', 'authentication/session-authority', 'authentication/token-forged', 'authentication/token-nonsense',
    'authentication/token-unsigned', 'other-hosts/undisclosed', 'revisions/current-revision', 'token-minutes/token-expired',
  ],
  'errors.test': ['rate-limits/body-size', 'rate-limits/rate-limit'],
  'tools.test': ['annotations/destructive-hint', 'annotations/read-only-hint', 'injection-defences/tool-text'],
};

async function scoreOfPlanted(name: string): Promise<Score> {
  return scoreOf({ day: dayOf(NOW), disclosure: claims(name), probes: [await reportOf(name)], advisories: [], exceptions: [], isBreached: false });
}

test('who claims what is not so is caught, who tells the truth is not; scores come out the same again, in the order anybody would expect', async () => {
  const scores = new Map<string, Score>();
  for (const name of Object.keys(FAULTS)) scores.set(name, await scoreOfPlanted(name));
  const caught = [...scores].map(([name, { mismatches }]) => [name, mismatches.map(({ id }) => id).toSorted()]);
  expect(Object.fromEntries(caught)).toEqual({ ...CAUGHT });
  for (const [name, score] of scores) expect(await scoreOfPlanted(name)).toEqual(score);
  // What agents read, and what clients are not protected by, is less than an open door; an open door less than one that forged tokens open.
  for (const order of [['good.test', 'tools.test', 'open.test', 'tokens.test'], ['good.test', 'issuer.test', 'open.test', 'tokens.test']]) {
    const inOrder = order.map((name) => scores.get(name)?.score ?? 0);
    expect([...new Set(inOrder)].toSorted((one, other) => other - one)).toEqual(inOrder);
  }
  expect(scores.get('good.test')).toMatchObject({ score: 100, grade: 'A' });
  // What can be read or forged on the way, or has no trusted name, is nothing that anybody may rely on.
  for (const name of ['transport.test', 'unknown.test', 'tokens.test', 'errors.test']) expect(scores.get(name)?.grade).toBe('F');
});

test('an endpoint that becomes another is told by everything that is another', async () => {
  const before = knownAfter(undefined, await reportOf('good.test'));
  expect(changesSince(before, await reportOf('good.test'))).toEqual([]);
  const changes = changesSince(before, await reportOf('tools.test'));
  expect(changes.filter(({ rule }) => rule !== 'regression').map(({ rule, is }) => [rule, rule === 'tool-changed' ? is : ''])).toEqual([
    ['tool-changed', 'get_contact, list_contacts, create_contact, delete_contact'], ['certificate', ''], ['issuer', ''],
  ]);
  const failed: readonly string[] = FAULTS['tools.test'] ?? [];
  expect(changes.filter(({ rule }) => rule === 'regression').map(({ was }) => was.replace(' passed', '')).toSorted()).toEqual(failed.toSorted());
});
