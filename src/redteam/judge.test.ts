import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { differencesBetween } from './compare.ts';
import { byTechnique, judge as judgeOf } from './judge.ts';
import { junitOf } from './junit.ts';
import { SCRIPTED, type RunReport, type ScenarioResult } from './outcome.ts';
import { runPage } from './page.ts';
import type { Scenario } from './scenario.ts';
import type { Played } from './stage.ts';

const SCENARIO: Scenario = {
  id: 'leak', title: 'Leaks', story: 'Once.', techniques: ['SAFE-T1001'], claim: 'prevented', by: ['untrusted-destination'],
  servers: { 'rt-a': { phases: [{}] } }, steps: [{ do: 'list', server: 'rt-a' }], harm: [{ what: 'reached', server: 'rt-a' }],
};
const NOTHING: Played = { harm: [], refusals: [], agents: ['rt-leak-agent-1'], unapproved: {}, shown: [], began: 10, ended: 25 };
const HARM = { ...NOTHING, harm: [{ index: 0, evidence: '1 messages reached rt-a' }] };
const DENIED: JsonObject = {
  position: 4, event: 'call.denied', category: 'access', server: 'rt-a', tool: 't', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'],
};
const SEEN: JsonObject = {
  position: 5, event: 'result.delivered', category: 'execution', findings: [{ detector: 'secrets', rule: 'token', severity: 'high' }],
};
const HOUSE: JsonObject = { position: 6, event: 'config.changed', category: 'config', policies: ['default/untrusted-destination'] };

function judge(scenario: Scenario, played: Played, records: readonly JsonObject[], obeys = true): ScenarioResult {
  return judgeOf(scenario, played, records, obeys);
}

describe('a scenario is', () => {
  test('prevented where nothing happened and what was claimed acted', () => {
    expect(judge(SCENARIO, NOTHING, [DENIED, HOUSE])).toMatchObject({
      outcome: 'prevented', silent: [], tookMs: 15,
      acted: [{ control: 'untrusted-destination', shows: ['default/untrusted-destination'] }],
      evidence: [{ position: 4, event: 'call.denied', server: 'rt-a', tool: 't', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'] }],
    });
    expect(judge(SCENARIO, NOTHING, [DENIED])).not.toHaveProperty('red');
  });

  test('by nobody\'s permit where no policy is named that forbade it', () => {
    const denied = { position: 4, event: 'call.denied', code: 'ERR_POLICY_DENIED', policies: [] };
    expect(judge({ ...SCENARIO, by: ['permits'] }, NOTHING, [denied])).toMatchObject({ acted: [{ control: 'permits', shows: ['ERR_POLICY_DENIED'] }] });
  });

  test('red where another control prevented it than the one that was claimed', () => {
    const other = judge(SCENARIO, { ...NOTHING, refusals: [{ what: 'call rt-a/t', code: 'ERR_PIN_DRIFT' }] }, []);
    expect(other).toMatchObject({ outcome: 'prevented', silent: ['untrusted-destination'], red: 'it is prevented, but without untrusted-destination' });
  });

  test('detected where it happened and a finding is on record, missed where none is', () => {
    expect(judge(SCENARIO, HARM, [SEEN])).toMatchObject({ outcome: 'detected', red: 'claimed prevented, and it is detected' });
    expect(judge(SCENARIO, HARM, [DENIED])).toMatchObject({ outcome: 'missed', harm: [{ what: 'reached', evidence: '1 messages reached rt-a' }] });
    expect(judge({ ...SCENARIO, claim: 'missed', by: [] }, HARM, [])).not.toHaveProperty('red');
  });

  test('void, and red, where nothing happened and nothing acted: changes of the configuration are no control', () => {
    const late = [{ ...SEEN, agent: 'rt-other-agent-1' }, { ...DENIED, server: 'rt-b' }, { position: 9, event: 'incident.opened', category: 'detection' }];
    expect(judge({ ...SCENARIO, claim: 'missed', by: [] }, NOTHING, [HOUSE, ...late]))
      .toMatchObject({ outcome: 'void', acted: [], red: 'nothing was tried: it proves nothing' });
  });

  test('not red where an agent that may resist did not try it, or was kept by another control; red where it did harm', () => {
    expect(judge(SCENARIO, NOTHING, [], false)).not.toHaveProperty('red');
    expect(judge(SCENARIO, { ...NOTHING, refusals: [{ what: 'call rt-a/t', code: 'ERR_PIN_DRIFT' }] }, [], false)).not.toHaveProperty('red');
    expect(judge(SCENARIO, HARM, [], false)).toMatchObject({ red: 'claimed prevented, and it is missed' });
  });
});

function result(id: string, outcome: ScenarioResult['outcome'], controls: readonly string[], more: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    id, title: id, techniques: ['SAFE-T1001'], claim: 'prevented', outcome, acted: controls.map((control) => ({ control, shows: [] })), silent: [],
    harm: [], evidence: [], tookMs: 1, ...more,
  };
}

test('a technique is as good as its worst scenario', () => {
  const results = [result('a', 'prevented', ['pins']), result('b', 'detected', ['egress']), result('c', 'void', [], { techniques: ['MCP03'] })];
  expect(byTechnique(results)).toEqual([
    { technique: 'MCP03', outcome: 'void', scenarios: ['c'], controls: [] },
    { technique: 'SAFE-T1001', outcome: 'detected', scenarios: ['a', 'b'], controls: ['egress', 'pins'] },
  ]);
});

test('worse is a worse outcome, or a claimed control that no longer acts; another control in place of an unclaimed one is none', () => {
  const before = [result('a', 'prevented', ['pins']), result('b', 'prevented', ['x', 'y']), result('c', 'detected', []), result('d', 'missed', [])];
  const now = [
    result('a', 'prevented', ['other'], { silent: ['pins'] }), result('b', 'prevented', ['x', 'z']), result('c', 'prevented', []), result('e', 'missed', []),
  ];
  expect(differencesBetween({ results: before, agent: SCRIPTED }, now)).toEqual([
    { scenario: 'a', was: 'prevented', is: 'prevented', lost: ['pins'], regressed: true },
    { scenario: 'b', was: 'prevented', is: 'prevented', lost: ['y'], regressed: false },
    { scenario: 'c', was: 'detected', is: 'prevented', lost: [], regressed: false },
    { scenario: 'd', was: 'missed', is: 'absent', lost: [], regressed: false },
    { scenario: 'e', was: 'absent', is: 'missed', lost: [], regressed: false },
  ]);
});

test('of an agent that may resist, only harm that was not done before is worse', () => {
  const before = { results: [result('a', 'prevented', ['pins']), result('b', 'prevented', ['pins'])], agent: 'model m' };
  const now = [result('a', 'void', [], { silent: ['pins'] }), result('b', 'missed', [], { silent: ['pins'] })];
  expect(differencesBetween(before, now).map(({ scenario, regressed }) => [scenario, regressed])).toEqual([['a', false], ['b', true]]);
});

const HOSTILE = `]]><script>alert(1)</script>"'&\u001b[31m\u202e`;
const REPORT: RunReport = {
  id: 'r', startedAt: 0, endedAt: 2_000, seed: HOSTILE, configuration: 'a'.repeat(64), source: 'live', isolated: false, leftOut: ['vault'], agent: HOSTILE,
  results: [result('ok', 'prevented', ['pins']), result('bad', 'missed', [], { title: HOSTILE, red: HOSTILE, harm: [{ what: 'given', evidence: HOSTILE }] })],
  techniques: byTechnique([result('ok', 'prevented', ['pins'])]), before: 'q',
  differences: [{ scenario: HOSTILE, was: 'prevented', is: 'missed', lost: [HOSTILE], regressed: true }],
};

test('JUnit has one case a scenario and a failure for each red one; the page shows both: what strangers wrote is text in both', () => {
  const [xml, page] = [junitOf(REPORT), runPage(REPORT)];
  expect(xml).toContain('<testsuite name="redteam" tests="2" failures="1"');
  expect(xml.match(/<testcase /g)).toHaveLength(2);
  expect(xml.match(/<\/testcase>/g)).toHaveLength(2);
  expect(xml.match(/<failure /g)).toHaveLength(1);
  expect(page).toContain('its configuration kept it in');
  for (const text of [xml, page]) {
    for (const bare of ['<script', ']]>', '\u001b', '\u202e']) expect(text).not.toContain(bare);
    expect(text).toContain('&lt;script&gt;');
  }
  expect(page).toContain("default-src 'none'");
});
