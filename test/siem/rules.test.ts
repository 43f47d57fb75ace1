import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { verifies } from '../e2e/requirements.ts';
import { esql, kql, spl } from './forms.ts';
import { formsOf } from './generate.ts';
import { firesOn, readDetection, readDetections, SIGMA, type Detection, type Match } from './sigma.ts';

const HEAD = `title: A rule of this test
id: 6f1d3f5e-50b4-4c55-9d77-1f7d3a1c0b11
status: test
description: Says nothing of any attack, but it is long enough to be one.
author: Sallyport
date: 2026-11-23
tags: [attack.impact]
falsepositives: [All of them.]
level: low
`;
const LOG = 'logsource: { product: sallyport, service: ocsf }\n';

function fieldsOf(match: Match): readonly string[] {
  return [...JSON.stringify(match).matchAll(/"field":"([^"]+)"/g)].map(([, field = '']) => field);
}

function rule(detection: string): Detection {
  return readDetection('it', `${HEAD}${LOG}detection:\n${detection.replace(/^/gm, '  ')}\n`);
}

function counting(condition: string, type = 'event_count'): Detection {
  const over = `correlation: { type: ${type}, rules: [it], group-by: [who], timespan: 1m, condition: ${condition} }\n`;
  return readDetection('it', `${HEAD}name: it\n${LOG}detection: { a: { code: X }, condition: a }\n---\n${HEAD}${over}`);
}

describe('what is generated', () => {
  const folder = dirname(SIGMA);
  const detections = readDetections();

  test(verifies('siem-rules', 'the forms for Splunk, Sentinel and Elastic are what the Sigma rules say: otherwise run test/siem/generate.ts'), () => {
    const forms = formsOf(detections);
    for (const [path, text] of forms) expect([path, readFileSync(join(folder, path), 'utf8')]).toEqual([path, text]);
    expect(readdirSync(join(folder, 'sentinel')).length).toBe(detections.length);
  });

  test('ids and titles are one rule\'s each', () => {
    expect(detections.length).toBeGreaterThanOrEqual(15);
    for (const field of ['id', 'title'] as const) expect(new Set(detections.map((one) => one[field])).size).toBe(detections.length);
  });

  test('the index template maps every field that a rule reads', () => {
    const template = readFileSync(join(folder, 'elastic', 'index-template.json'), 'utf8');
    const read = new Set(detections.flatMap(({ match, count }) => [...fieldsOf(match), ...(count?.by ?? [])]));
    expect(read.size).toBeGreaterThan(5);
    for (const field of read) for (const name of field.split('.')) expect(template).toContain(`"${name}"`);
  });

  test('a condition says the same in each of them', () => {
    const selections = 'a: { metadata.event_code: [x, y] }\nb: { unmapped.action|startswith: kill. }\nc: { actor.user.uid|exists: true }\n';
    const one = rule(`${selections}condition: a and b and not c`);
    expect(spl(one)).toEndWith('(metadata.event_code="x" OR metadata.event_code="y") unmapped.action="kill.*" NOT actor.user.uid=*');
    expect(kql(one)).toContain(
      '(tostring(Event.metadata.event_code) =~ "x" or tostring(Event.metadata.event_code) =~ "y") and tostring(Event.unmapped.action) startswith "kill." '
      + 'and not(isnotempty(tostring(Event.actor.user.uid)))',
    );
    expect(esql(one)).toEndWith(
      '(metadata.event_code == "x" OR metadata.event_code == "y") AND STARTS_WITH(unmapped.action, "kill.") '
      + 'AND NOT COALESCE(actor.user.uid IS NOT NULL, false)',
    );
  });

  test('what would not mean the same in all of them is refused', () => {
    expect(() => spl(rule('a: { resources.uid: x }\ncondition: a'))).toThrow('in a list');
    expect(() => kql(rule(`a: { code: 'x" or true' }\ncondition: a`))).toThrow('not to be quoted');
    const bad = ['a: { code|re: x }\ncondition: a', 'a: { code: "x*" }\ncondition: a', 'a: { code: x }\ncondition: a or b', 'a: { code: x }\ncondition: (a'];
    for (const one of bad) expect(() => rule(one)).toThrow();
  });
});

function at(time: number, more: JsonObject = {}): JsonObject {
  return { time: time * 1000, code: 'X', who: 'alice', ...more };
}

describe('the evaluator', () => {
  test('reads conditions as Sigma does: not before and, and before or; text without case; lists item by item', () => {
    const one = rule('a: { code: x }\nb: { who: [Bob, carol] }\nc: { tags.name|contains: lar }\ncondition: a and not b or c');
    const fired = (event: JsonObject): boolean => firesOn(one, [{ time: 0, ...event }]).length === 1;
    expect(fired({ code: 'X', who: 'alice' })).toBe(true);
    expect(fired({ code: 'X', who: 'bob' })).toBe(false);
    expect(fired({ code: 'Y', who: 'bob', tags: [{ name: 'small' }, { name: 'LARGE' }] })).toBe(true);
    expect(fired({})).toBe(false);
  });

  test('counts within the span, by group, and no event that lacks the group', () => {
    const three = counting('{ gte: 3 }');
    expect(firesOn(three, [at(0), at(30), at(60)])).toHaveLength(1);
    expect(firesOn(three, [at(0), at(30), at(61)])).toHaveLength(0);
    expect(firesOn(three, [at(0), at(1), at(2, { who: 'bob' })])).toHaveLength(0);
    expect(firesOn(three, [at(0, { who: null }), at(1, { who: null }), at(2, { who: null })])).toHaveLength(0);
  });

  test('counts different values', () => {
    const places = counting('{ gte: 2, field: place }', 'value_count');
    expect(firesOn(places, [at(0, { place: 'a' }), at(1, { place: 'a' })])).toHaveLength(0);
    expect(firesOn(places, [at(0, { place: 'a' }), at(1, { place: 'b' })])).toHaveLength(1);
  });
});
