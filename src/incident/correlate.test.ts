import { expect, test } from 'bun:test';
import { INCIDENT_KINDS } from '../domain/incident.ts';
import type { Signal, Subjects } from '../domain/incident.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Confidentiality, Labels } from '../domain/server.ts';
import { nameOfTechnique } from '../redteam/taxonomy/techniques.ts';
import { createCorrelator } from './correlate.ts';
import type { Match, Placed } from './correlate.ts';
import { absorb, openIncident, withStatus } from './incident.ts';
import { metricsOf } from './metrics.ts';
import type { IncidentRule } from './rule.ts';
import { INCIDENT_RULES } from './rules.ts';

const HOUR_MS = 3_600_000;
const DENIED = 'call.denied/ERR_POLICY_DENIED';
const T0 = 1_800_000_000_000;

function signal(name: string, subjects: Subjects, more: Partial<Signal> = {}): Signal {
  const [source = '', rule = ''] = name.split('/');
  return { id: `${name}-${Math.random()}/0`, at: T0, space: 'default', source, rule, severity: 'high', outcome: 'stopped', subjects, ...more };
}

/** Takes signals in one after the other, a second between them; gives the matches that opened something. */
function run(signals: readonly Signal[], rules: readonly IncidentRule[] = INCIDENT_RULES): readonly Match[] {
  const correlator = createCorrelator(rules);
  return signals.flatMap((one, position) => correlator.take({ position, signal: one }, T0 + 24 * HOUR_MS)).filter(({ more }) => !more);
}

const placed = (position: number, name: string, subjects: Subjects, more: Partial<Signal> = {}): Placed => ({ position, signal: signal(name, subjects, more) });

/** How grave an incident is that one signal opens. */
function gravenessOf(more: Partial<Signal>): string {
  const [match] = run([signal('policy/uncleared-sink', { context: 'a', server: 'web' }, more)]);
  return match === undefined ? '' : openIncident(match, T0 + 5, 'sallyport|control').severity;
}

const labelled = (confidentiality: Confidentiality): Labels => ({ confidentiality, categories: [], integrity: 'untrusted' });

const ids = (matches: readonly Match[]): readonly string[] => matches.map(({ rule }) => rule.id);

test('[incident-correlated] what was read and what was done next make an incident together, in this order and of one context only', () => {
  const read = signal('instructions/override', { context: 'a', server: 'mail' });
  const act = signal('policy/untrusted-destination', { context: 'a', server: 'web' });
  expect(ids(run([read, act]))).toContain('injection-acted-on');
  expect(ids(run([act, read]))).not.toContain('injection-acted-on');
  expect(ids(run([read, signal('policy/untrusted-destination', { context: 'b' })]))).not.toContain('injection-acted-on');
  expect(ids(run([read, { ...act, space: 'crm' }]))).not.toContain('injection-acted-on');
  expect(ids(run([read, { ...act, at: T0 + 2 * HOUR_MS }]))).not.toContain('injection-acted-on');
  expect(ids(run([{ ...read, severity: 'low' }, act]))).not.toContain('injection-acted-on');
});

test('a rule that counts opens at its count and not before, and the same signal twice is one', () => {
  const denied = Array.from({ length: 10 }, (_, n) => signal(DENIED, { context: 'a' }, { at: T0 + n }));
  expect(run(denied.slice(1))).toEqual([]);
  expect(ids(run(denied))).toEqual(['denied-again-and-again']);
  expect(run(denied.map((one) => ({ ...one, id: 'same/0' })))).toEqual([]);
});

test('what goes on belongs to what was opened; after it was closed it is looked at anew', () => {
  const correlator = createCorrelator(INCIDENT_RULES);
  expect(correlator.take(placed(1, 'inventory/rogue', { asset: 'x' }), T0).map(({ more }) => more)).toEqual([false]);
  const [again] = correlator.take(placed(2, 'inventory/rogue', { asset: 'x' }), T0);
  expect(again?.more).toBe(true);
  expect(again === undefined ? [] : correlator.anew(again, T0).map(({ more }) => more)).toEqual([false]);
});

test('a record that says that it is from next year pushes nothing out', () => {
  const correlator = createCorrelator(INCIDENT_RULES);
  for (let n = 0; n < 8; n += 1) correlator.take(placed(n, DENIED, { context: 'a' }), T0);
  correlator.take(placed(8, DENIED, { context: 'a' }, { at: T0 + 365 * 24 * HOUR_MS }), T0);
  expect(correlator.take(placed(9, DENIED, { context: 'a' }), T0).map(({ rule }) => rule.id)).toEqual(['denied-again-and-again']);
});

test('whoever makes up subjects costs a bounded memory, and crowds out no other space', () => {
  const correlator = createCorrelator(INCIDENT_RULES.filter(({ id }) => id === 'denied-again-and-again'));
  for (let n = 0; n < 9; n += 1) correlator.take(placed(n, DENIED, { context: 'mine' }, { space: 'crm' }), T0);
  for (let n = 0; n < LIMITS.correlatorSubjectsMax + 50; n += 1) correlator.take(placed(100 + n, DENIED, { context: `made-up-${n}` }), T0);
  // The first of those are forgotten, and with them from where on the ledger would be read again.
  expect(correlator.take(placed(9_000, DENIED, { context: 'mine' }, { space: 'crm' }), T0)).toHaveLength(1);
  expect(correlator.oldest(T0)).toBe(150);
  expect(correlator.oldest(T0 + HOUR_MS)).toBeUndefined();
});

test('every kind of incident has a rule, ids are one each, and every technique is a published id', () => {
  expect(new Set(INCIDENT_RULES.map(({ kind }) => kind))).toEqual(new Set(INCIDENT_KINDS));
  expect(new Set(INCIDENT_RULES.map(({ id }) => id)).size).toBe(INCIDENT_RULES.length);
  for (const { techniques, needs } of INCIDENT_RULES) {
    expect(techniques.length).toBeGreaterThan(1);
    expect(needs.every(({ count = 1 }) => count <= LIMITS.correlatorSignalsMax)).toBe(true);
    expect(techniques.filter((id) => nameOfTechnique(id) === undefined)).toEqual([]);
  }
});

test('how grave it is follows from what is at stake and how far it got', () => {
  expect(gravenessOf({ effect: 'read', labels: labelled('public') })).toBe('medium');
  expect(gravenessOf({ outcome: 'passed', effect: 'communicate', labels: labelled('confidential') })).toBe('high');
  expect(gravenessOf({ outcome: 'passed', effect: 'communicate', labels: labelled('restricted') })).toBe('critical');
});

test('an incident takes each place of the ledger in once, counts, raises itself, and tells how long everything took', () => {
  const [match] = run([signal('policy/uncleared-sink', { context: 'a', server: 'web', tool: 'post' })]);
  if (match === undefined) throw new Error('nothing was found');
  const opened = openIncident(match, T0 + 2_000, 'sallyport|control');
  expect(opened).toMatchObject({ status: 'open', severity: 'medium', signals: 1, subjects: { server: ['web'], tool: ['web/post'] }, position: 0 });
  expect(absorb(opened, match.rule, match.signals, T0).signals).toBe(1);
  const worse = { position: 7, signal: signal('policy/uncleared-sink', { context: 'a', server: 'web' }, { outcome: 'passed', effect: 'transact' }) };
  const risen = absorb(opened, match.rule, [worse], T0 + 3_000);
  expect(risen).toMatchObject({ severity: 'critical', signals: 2, outcomes: { stopped: 1, passed: 1, seen: 0 } });
  expect(risen.timeline.map(({ event }) => event)).toEqual(['signal', 'opened', 'severity']);
  const contained = withStatus(risen, 'contained', { at: T0 + 60_000, text: 'stopped', by: 'ana' });
  const recovered = withStatus(contained, 'recovered', { at: T0 + 160_000, text: 'checked', by: 'ana' });
  const closed = withStatus(recovered, 'closed', { at: T0 + 200_000, text: 'true-positive', by: 'ana' });
  expect(metricsOf([closed, opened])).toMatchObject({
    opened: 2, open: 1, byKind: { exfiltration: 2 }, detect: { count: 2, median: 2_000 }, contain: { count: 1, median: 58_000 }, recover: { median: 100_000 },
  });
});

test('a timeline and the names of an incident are bounded: the beginning stays, and the middle is counted', () => {
  const [match] = run([signal('policy/uncleared-sink', { context: 'a' })]);
  if (match === undefined) throw new Error('nothing was found');
  const many = Array.from({ length: LIMITS.incidentTimelineMax + 20 }, (_, n) => ({
    position: n + 1, signal: signal(`egress/made-up-${n}`, { context: 'a', server: `s-${n}` }),
  }));
  const full = absorb(openIncident(match, T0, 'sallyport|control'), match.rule, many, T0);
  expect(full.timeline.length).toBe(LIMITS.incidentTimelineMax);
  expect(full.timelineLeft).toBeGreaterThan(0);
  expect(full.timeline.some(({ event }) => event === 'opened')).toBe(true);
  expect(full.subjects.server?.length).toBe(LIMITS.incidentNamesMax);
  expect(Object.keys(full.seen).length).toBe(LIMITS.incidentSignalRulesMax);
  expect(full.signals).toBe(many.length + 1);
});
