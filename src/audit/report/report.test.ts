import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORD_EVENTS } from '../../domain/record.ts';
import { assess } from './assess.ts';
import type { Facts } from './assess.ts';
import { EVIDENCE } from './evidence.ts';
import { FRAMEWORK_NAMES, frameworkOf } from './frameworks.ts';
import type { FrameworkName } from './frameworks.ts';
import { reportPage } from './page.ts';

const DOCS = join(import.meta.dir, '../../../docs/compliance');
const DAY = 86_400_000;
const FACTS: Facts = {
  since: 10 * DAY, until: 13 * DAY, counts: { 'call.permitted': 5, 'result.delivered': 5, 'config.changed': 2 }, findings: 1, days: 3, oldestAt: DAY,
    uncounted: 0,
  sinks: [{ name: 'siem' }], keptDays: 400, damaged: 0,
};

/** The page of a framework as its data say it. */
function pageOf(name: FrameworkName): string {
  const { title, source, controls } = frameworkOf(name);
  const rows = controls.map(({ id, asks, evidence, beyond }) => `| ${id} | ${asks} | ${evidence.join(', ')} | ${beyond ?? ''} |`);
  const used = Object.entries(EVIDENCE).filter(([kind]) => controls.some(({ evidence }) => evidence.some((one) => one === kind)));
  const kinds = used.map(([kind, { says, events }]) => `| ${kind} | ${says} | ${events.map((event) => `\`${event}\``).join(', ')} |`);
  return [
    `# ${title}`, '', `Which records are evidence of which control; how it is counted, and what it does not say, is in [README.md](README.md).`, '', source, '',
    '| control | asks, in our words | evidence | not in any record |', '|---|---|---|---|', ...rows, '',
    '| evidence | shows | events |', '|---|---|---|', ...kinds, '',
  ].join('\n');
}

describe('the mapping', () => {
  test('every event is evidence of something, and of one thing', () => {
    const all = Object.values(EVIDENCE).flatMap(({ events }): readonly string[] => events);
    expect(all.toSorted()).toEqual([...RECORD_EVENTS].toSorted());
  });

  test.each([...FRAMEWORK_NAMES])('docs/compliance/%s.md is its data', (name) => {
    expect(readFileSync(join(DOCS, `${name}.md`), 'utf8')).toBe(pageOf(name));
  });

  test('control numbers stand once, each with evidence', () => {
    for (const name of FRAMEWORK_NAMES) {
      const { controls } = frameworkOf(name);
      expect(new Set(controls.map(({ id }) => id)).size).toBe(controls.length);
      for (const { evidence } of controls) expect(evidence.length).toBeGreaterThan(0);
    }
  });
});

const control = (id: string, facts: Facts): ReturnType<typeof assess>['controls'][number] | undefined =>
  assess('nist80053', facts).controls.find((one) => one.id === id);

describe('a report', () => {
  test('counts what is evidence, and says what each kind lacks', () => {
    expect(control('AC-3', FACTS)).toMatchObject({ coverage: 'records', gaps: [] });
    expect(control('CM-3', FACTS)).toMatchObject({ coverage: 'some',
      shown: [{ evidence: 'configuration', records: 2 }, { evidence: 'approvals', records: 0 }] });
    expect(control('CM-3', FACTS)?.gaps.join()).toContain('no record of approvals');
    expect(control('AC-3', { ...FACTS, counts: {} })?.gaps[0]).toContain('the gate was not used, or did not record');
    expect(control('SI-4', FACTS)?.shown[0]).toMatchObject({ evidence: 'findings', records: 1 });
  });

  test.each<[string, Partial<Facts>, string]>([
    ['places that are not what was written', { damaged: 2 }, '2 places'],
    ['a silent sink', { sinks: [{ name: 'siem', silent: 'dead, 4 records behind' }] }, 'sink siem is silent: dead'],
    ['no sink', { sinks: [] }, 'sent nowhere'],
    ['records that are kept too short', { askedDays: 401 }, '400 days at the least, not the 401'],
    ['records that begin late', { oldestAt: 12 * DAY }, 'records begin at'],
    ['days without records', { days: 1 }, '2 of 3 days'],
    ['records that are not counted yet', { uncounted: 7 }, '7 records are not counted'],
  ])('names as a gap: %s', (_, change, says) => {
    expect(assess('iso27001', { ...FACTS, ...change }).gaps.join('\n')).toContain(says);
  });

  test('names as a gap: a log that nobody verified', () => {
    const { damaged: _, ...facts } = FACTS;
    expect(assess('iso27001', facts).gaps.join()).toContain('was not verified');
  });

  test('a whole, verified, delivered log has no gap of its own', () => {
    expect(assess('iso27001', FACTS).gaps).toEqual([]);
  });

  test('never says that anybody fulfils anything: not in data, output or documents', () => {
    const said = FRAMEWORK_NAMES.map((name) => JSON.stringify(assess(name, FACTS)) + reportPage(assess(name, FACTS)));
    const written = readdirSync(DOCS).filter((file) => file.endsWith('.md')).map((file) => readFileSync(join(DOCS, file), 'utf8'));
    expect(written.length).toBe(FRAMEWORK_NAMES.length + 1);
    for (const text of [...said, ...written]) expect(text).not.toMatch(/compliant|certified|conformant|passed|fulfilled/i);
  });

  test('its page has no script and nothing to load', () => {
    expect(reportPage(assess('soc2', FACTS))).not.toMatch(/<script|src=|href=|url\(/i);
  });
});
