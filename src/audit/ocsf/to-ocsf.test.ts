import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { arbitraryEntry, arbitraryOddEntry } from '../../../test/fixtures/arbitrary-record.ts';
import { ocsfProblems } from '../../../test/fixtures/ocsf.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { RECORD_EVENTS } from '../../domain/record.ts';
import type { Entry } from '../entry.ts';
import { MAPPINGS } from './mappings.ts';
import { toOcsf } from './to-ocsf.ts';

const SOURCE = { origin: 'sallyport.example/ledger', version: '0.1.0' };

function denied(more: Partial<Entry['record']> = {}): JsonObject {
  const record = {
    id: 'r1', at: 1_795_000_000_000, category: 'access', event: 'call.denied', node: 'gateway', space: 'default', exchange: 'e1',
    principal: 'https://idp.example|alice', agent: 'helper', address: '10.0.0.7', server: 'crm', tool: 'delete_contact', method: 'tools/call',
    action: 'call_tool', effect: 'destroy', code: 'ERR_POLICY_DENIED', ...more,
  } as const;
  return toOcsf({ position: 7, role: 'gateway', incarnation: 'i', record }, SOURCE);
}

describe('records as OCSF events', () => {
  for (const event of RECORD_EVENTS) {
    test(`${event}: whatever a record of it holds, it is an event of the published schema`, () => {
      fc.assert(fc.property(arbitraryEntry(event), (entry) => expect(ocsfProblems(toOcsf(entry, SOURCE))).toEqual([])), { numRuns: 40 });
    });
  }

  test('nothing of a record is lost on the way', () => {
    fc.assert(fc.property(arbitraryEntry(), (entry) => {
      const inside = new Set(leaves(toOcsf(entry, SOURCE)));
      const { findings: _apart, ...record } = entry.record;
      const lost = leaves(asJson(record)).filter((leaf) => !inside.has(leaf));
      expect(lost).toEqual([]);
    }));
  });

  test('each finding is in the event, with what it says of itself', () => {
    fc.assert(fc.property(arbitraryEntry(), (entry) => {
      const text = JSON.stringify(toOcsf(entry, SOURCE));
      for (const finding of entry.record.findings ?? []) {
        expect(text).toContain(JSON.stringify(`${finding.detector}/${finding.rule}`));
        for (const word of [finding.expected, finding.seen]) expect(text).toContain(word === undefined ? '' : JSON.stringify(word));
      }
    }));
  });

  test('the case that holds is taken, and every case has an event', () => {
    expect(denied()).toMatchObject({ class_uid: 6003, activity_name: 'Delete', severity: 'Low', disposition: 'Blocked', status: 'Failure' });
    expect(denied({ code: 'ERR_KILLED' })).toMatchObject({ severity: 'High', message: 'A call was stopped by a kill switch' });
    const refused = denied({ event: 'call.refused', code: 'ERR_TOKEN_EXPIRED' });
    expect(refused).toMatchObject({ class_uid: 3002, activity_name: 'Logon', disposition: 'Unauthorized' });
    expect(denied({ event: 'config.changed', action: 'kill.on' })).toMatchObject({ class_uid: 7001, activity_name: 'Isolate', severity: 'Critical' });
    for (const variants of Object.values(MAPPINGS)) {
      expect(variants.at(-1)?.when).toBeUndefined();
      for (const variant of variants.slice(0, -1)) expect(variant.when?.says ?? '').not.toBe('');
    }
  });

  test('an event leads back to its place in the log', () => {
    expect(denied()).toMatchObject({ metadata: { sequence: 7, log_name: SOURCE.origin, original_event_uid: `${SOURCE.origin}#7`, correlation_uid: 'e1' } });
  });

  test('the worst finding raises the severity, and none lowers it', () => {
    const finding = { detector: 'injection', rule: 'hidden', severity: 'critical', at: ['/text'] } as const;
    expect(denied({ findings: [finding] })).toMatchObject({ severity: 'Critical', is_alert: true });
    expect(denied({ code: 'ERR_KILLED', findings: [{ ...finding, severity: 'info' }] })).toMatchObject({ severity: 'High' });
  });

  test('whatever a broken writer sends as a record is an event too, and is all in it', () => {
    fc.assert(fc.property(arbitraryOddEntry(), (entry) => {
      const event = toOcsf(entry, SOURCE);
      expect(ocsfProblems(event)).toEqual([]);
      const inside = new Set(leaves(event));
      const { findings: _apart, ...record } = entry.record;
      expect(leaves(asJson(record)).filter((leaf) => !inside.has(leaf))).toEqual([]);
    }), { numRuns: 500 });
  });

  test('a record of a later version is an event too', () => {
    const record = { ...JSON.parse('{"event":"moon.landed"}'), id: 'x', at: 1, category: 'access', node: 'n', space: 's', exchange: '' };
    expect(ocsfProblems(toOcsf({ position: 0, role: 'ledger', incarnation: 'i', record }, SOURCE))).toEqual([]);
  });
});

/** The judge itself: each kind of wrong that an event can be is found. */
describe('the published schema', () => {
  const right = denied();
  const WRONGS: Readonly<Record<string, JsonObject>> = {
    'an attribute that the class lacks': { ...right, finding_info: { uid: 'x' } },
    'an attribute of nobody': { ...right, sallyport: 'x' },
    'an attribute of a profile that is not declared': { ...right, cloud: { provider: 'x' } },
    'a required attribute that is missing': without(right, 'actor'),
    'a required attribute of an object that is missing': { ...right, api: {} },
    'a wrong type': { ...right, time: '2026-11-23T00:00:00Z' },
    'a value outside the enum': { ...right, severity_id: 42 },
    'a name that disagrees with its number': { ...right, severity: 'Fatal' },
    'an activity that disagrees with the type': { ...right, activity_id: 1, activity_name: 'Create' },
    'a format': { ...right, src_endpoint: { ip: 'not an address' } },
    'a constraint (at least one)': { ...right, src_endpoint: { port: 1 } },
    'a deprecated attribute': { ...right, actor: { user: { uid: 'x' }, invoked_by: 'x' } },
    'a class that is none of ours': { ...right, class_uid: 1001 },
  };

  test('takes the right one', () => expect(ocsfProblems(right)).toEqual([]));
  for (const [wrong, event] of Object.entries(WRONGS)) test(`refuses ${wrong}`, () => expect(ocsfProblems(event)).not.toEqual([]));
});

function without(event: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(event).filter(([member]) => member !== name));
}

function asJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

/** Every text and number in a value, as text. */
function leaves(value: Json): readonly string[] {
  if (isArray(value)) return value.flatMap(leaves);
  if (isObject(value)) return Object.values(value).flatMap(leaves);
  return value === null || typeof value === 'boolean' || value === '' ? [] : [JSON.stringify(value)];
}
