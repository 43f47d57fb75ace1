import { describe, expect, test } from 'bun:test';
import { goodDisclosure, goodReport } from '../../../test/fixtures/good-vendor.ts';
import { QUESTION_IDS, questionOf } from '../disclosure/questions.ts';
import { CHECKS } from '../probe/checks.ts';
import { recompute, reportOf } from '../report/report.ts';
import type { ScoreInput } from './input.ts';
import { scoreOf, type Item } from './score.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);

function input(more: Partial<ScoreInput> = {}): ScoreInput {
  return { day: NOW, disclosure: goodDisclosure(NOW), probes: [goodReport(NOW)], advisories: [], exceptions: [], isBreached: false, ...more };
}
const scored = (more: Partial<ScoreInput> = {}): number => scoreOf(input(more)).score;

const itemOf = (probes: ScoreInput['probes']): Item | undefined => scoreOf(input({ probes })).items.find(({ id }) => id === 'pkce');

describe('the score of a vendor', () => {
  test('is whole where all is well, and the same from what its report holds', () => {
    const score = scoreOf(input());
    expect(score).toMatchObject({ score: 100, grade: 'A', caps: [], penalties: [], mismatches: [], missing: [] });
    expect(score.confidence).toBeGreaterThan(60);
    const report = reportOf({
      id: 'acme', name: 'Acme', owner: '', purpose: '', tier: 'standard', endpoints: [], servers: [], data: '', contacts: [], at: NOW,
      standing: { id: 'acme', score: 0 }, events: [], attested: { tier: 'standard', events: [] },
      input: input({ probes: [goodReport(NOW, { plaintext: 'fail' })], advisories: [{ id: 'CVE-2026-1', severity: 'low' }] }),
    });
    const given: unknown = JSON.parse(JSON.stringify(report));
    expect(recompute(given)).toEqual({ score: report.score, isSame: true });
    expect(recompute({ ...report, score: { ...report.score, score: 99 } })?.isSame).toBe(false);
    expect(recompute({ ...report, input: { ...report.input, isBreached: 'no' } })).toBeUndefined();
  });

  test('what is said and what is seen have each their own names, and what is seen counts for both', () => {
    expect(QUESTION_IDS.filter((id) => Object.hasOwn(CHECKS, id))).toEqual([]);
    for (const check of QUESTION_IDS.flatMap((id) => questionOf(id).seenBy ?? [])) expect(Object.hasOwn(CHECKS, check)).toBe(true);
    expect(itemOf([])).toMatchObject({ by: 'declared', worth: 1 });
    expect(itemOf([goodReport(NOW)])).toMatchObject({ by: 'probed', worth: 1 });
    expect(itemOf([goodReport(NOW, { 'pkce-s256': 'fail' })])).toMatchObject({ by: 'probed', worth: 0 });
    expect(itemOf([goodReport(NOW, { 'pkce-s256': 'unknown', 'pkce-plain': 'unknown' })])).toMatchObject({ by: 'declared', worth: 1 });
  });

  test('orders vendors as anybody would', () => {
    const graded = {
      good: scored(), declaredOnly: scored({ probes: [] }),
      old: scored({ disclosure: goodDisclosure(NOW, { revisions: { value: ['2025-06-18'] } }), probes: [goodReport(NOW, { 'current-revision': 'fail' })] }),
      lies: scored({ probes: [goodReport(NOW, { 'pkce-s256': 'fail', 'token-audience': 'fail' })] }),
      open: scored({ probes: [goodReport(NOW, { 'stranger-tools': 'fail', 'stranger-call': 'fail' }, { auth: 'none' })] }),
      forged: scored({ probes: [goodReport(NOW, { 'token-unsigned': 'fail', 'token-forged': 'fail', 'token-nonsense': 'fail' })] }),
      silent: scoreOf({ day: NOW, probes: [], advisories: [], exceptions: [], isBreached: false }).score,
    };
    // An A takes somebody who has looked.
    expect(graded.declaredOnly).toBe(89);
    expect(graded.old).toBeLessThan(graded.good);
    expect(graded.lies).toBeLessThan(graded.old);
    expect(graded.open).toBeLessThan(graded.lies);
    expect(graded.forged).toBeLessThanOrEqual(39);
    expect(graded.silent).toBe(0);
  });

  test('catches a disclosure that lies: by what failed, and by what is there', () => {
    const { mismatches, caps, penalties } = scoreOf(input({
      probes: [goodReport(NOW, { 'token-audience': 'fail' }, {
        auth: 'none', transports: ['streamable-http', 'http+sse'], revisions: ['2026-07-28', '2024-11-05'], dpop: false, hosts: ['login.other.example'],
        tools: [{ name: 'search', digest: '0', destructive: true }, { name: 'delete_all', digest: '1' }],
      })],
    }));
    expect(mismatches.map(({ id }) => id).toSorted()).toEqual([
      'audience/token-audience', 'authentication/open', 'other-hosts/undisclosed', 'revisions/undisclosed', 'token-binding/dpop', 'tools/effect',
      'tools/undisclosed', 'transports/undisclosed',
    ]);
    expect(caps.map(({ max }) => max)).toContain(74);
    expect(penalties).toHaveLength(1);
    // Who admits it has not lied: the score is low by what is wrong, not by the lie.
    const honest = scoreOf(input({
      disclosure: goodDisclosure(NOW, { audience: { value: false } }), probes: [goodReport(NOW, { 'token-audience': 'fail' })],
    }));
    expect(honest.mismatches).toEqual([]);
    expect(honest.penalties).toEqual([]);
  });

  test('caps what has no authentication, and not where all is public reading', () => {
    const open = { probes: [goodReport(NOW, { 'stranger-call': 'fail' }, { auth: 'none' })] };
    expect(scoreOf(input(open)).caps.map(({ max }) => max)).toContain(59);
    const disclosure = goodDisclosure(NOW, { authentication: { value: 'none' }, tools: { value: [{ name: 'search', effect: 'read', data: 'public' }] } });
    expect(scoreOf(input({ ...open, disclosure })).caps).toEqual([]);
  });

  test('decays with age: what was said halves until it ends, what was seen is forgotten after three months', () => {
    const later = (days: number, more: Partial<ScoreInput> = {}): number => scored({ day: NOW + days * DAY_MS, ...more });
    expect(later(20)).toBe(100);
    expect(later(80)).toBeLessThan(100);
    const ages = [100, 250, 300, 360].map((days) => later(days, { probes: [] }));
    expect(ages[0]).toBe(89);
    expect(ages).toEqual(ages.toSorted((one, other) => other - one));
    expect(later(366, { probes: [] })).toBe(0);
    expect(scoreOf(input({ day: NOW + 91 * DAY_MS })).confidence).toBe(0);
  });

  test('takes away for open advisories and after a breach; an exception holds for its time and is shown', () => {
    const advisories = [{ id: 'CVE-2026-1', severity: 'critical' as const }, { id: 'CVE-2026-2', severity: 'high' as const }];
    expect(scored({ advisories })).toBe(70);
    expect(scored({ advisories, exceptions: [{ item: 'CVE-2026-1', until: NOW + DAY_MS }] })).toBe(90);
    expect(scored({ advisories, exceptions: [{ item: 'CVE-2026-1', until: NOW }] })).toBe(70);
    expect(scored({ isBreached: true })).toBe(59);
    const failing = { probes: [goodReport(NOW, { plaintext: 'fail' })] };
    expect(scored(failing)).toBe(39);
    const excepted = scoreOf(input({ ...failing, exceptions: ['plaintext', 'tls/plaintext'].map((item) => ({ item, until: NOW + DAY_MS })) }));
    expect(excepted.score).toBe(100);
    expect(excepted.items.filter(({ isExcepted }) => isExcepted).map(({ id }) => id)).toEqual(['plaintext']);
    expect(excepted.mismatches.map(({ isExcepted }) => isExcepted)).toEqual([true]);
  });

  test('is at most a D while something that must be answered is not', () => {
    const { caps, missing, score } = scoreOf(input({ disclosure: goodDisclosure(NOW, { training: undefined }) }));
    expect([missing, score]).toEqual([['training'], 59]);
    expect(caps).toHaveLength(1);
  });
});
