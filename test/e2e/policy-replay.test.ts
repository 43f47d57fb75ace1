import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../src/cli/policy.ts';
import { part } from '../../src/cli/json-view.ts';
import type { By } from '../../src/control/control.ts';
import type { Admin } from '../../src/control/route.ts';
import type { Json } from '../../src/domain/json.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { candidateOf } from '../../src/control/policies/candidate.ts';
import { replayed, simulate } from '../../src/control/policies/simulate.ts';
import type { CandidateWish, SimulateWish } from '../../src/control/policies/schema.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../src/domain/principal.ts';
import { recordedJudgement } from '../../src/policy/simulate/judged.ts';
import { REPLAYED_EVENTS, type Step } from '../../src/policy/simulate/replay.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { scriptDay, type ScriptedDay } from '../fixtures/scripted-day.ts';
import { verifies } from './requirements.ts';

const SESSION = 'permit(principal, action in Action::"session", resource);';
const JOBS = `
@id("few-jobs") @limit("6/h") forbid(principal, action == Action::"call_tool", resource == Tool::"jobs/job");
@id("few-runs") @limit("9/h") forbid(principal, action == Action::"call_tool", resource == Tool::"jobs/run");
@id("ops") permit(principal in Group::"ops", action == Action::"call_tool", resource in Server::"jobs");
@id("may-ask") permit(principal in Group::"reader", action == Action::"elicit", resource in Server::"web");
@id("fetch") permit(principal, action == Action::"call_tool", resource == Tool::"web/fetch");
@id("mail") permit(principal in Group::"research", action == Action::"call_tool", resource in Server::"mail");
@id("research-reads") permit(principal in Group::"research", action == Action::"call_tool", resource in Server::"crm") when { resource.effect == "read" };`;
const A = `${SESSION}${JOBS}
@id("support-all") permit(principal in Group::"support", action == Action::"call_tool", resource in Server::"crm") when { resource.effect != "destroy" };
@id("finance-all") permit(principal in Group::"finance", action == Action::"call_tool", resource in Server::"crm");
@id("pays-small") forbid(principal, action == Action::"call_tool", resource == Tool::"crm/pay")
  when { context.arguments has amount && context.arguments.amount.greaterThan(decimal("500.0")) };
@id("no-late-stop") forbid(principal, action == Action::"call_tool", resource == Tool::"jobs/stop")
  when { context.arguments has text && context.arguments.text == "later" };
@id("few-updates") @limit("9/h/tool/agent") forbid(principal in Group::"finance", action == Action::"call_tool", resource == Tool::"crm/update");
@id("no-leak") forbid(principal, action == Action::"call_tool", resource in Server::"mail")
  when { context.contextConfidentiality == "confidential" && context.contextIntegrity == "untrusted" };
@id("bulk-watch") @only("shadow") forbid(principal, action == Action::"call_tool", resource in Server::"jobs");`;
const B = `${SESSION}${JOBS}
@id("support-all") permit(principal in Group::"support", action == Action::"call_tool", resource in Server::"crm");
@id("finance-reads") permit(principal in Group::"finance", action == Action::"call_tool", resource in Server::"crm")
  when { ["read", "write", "transact"].contains(resource.effect) };
@id("pays-smaller") forbid(principal, action == Action::"call_tool", resource == Tool::"crm/pay")
  when { context.arguments has amount && context.arguments.amount.greaterThan(decimal("100.0")) };
@id("x-is-asked") @approve("owner") forbid(principal in Group::"support", action == Action::"call_tool", resource == Tool::"crm/update")
  when { context.arguments.id like "x-*" };
@id("few-updates") @limit("9/h/tool/agent") forbid(principal in Group::"finance", action == Action::"call_tool", resource == Tool::"crm/update");
@id("jobs-now") forbid(principal, action == Action::"call_tool", resource == Tool::"jobs/job")
  when { context.arguments has count && context.arguments.count.greaterThan(decimal("9.0")) };
@id("run-asks") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"jobs/run")
  when { context.arguments has tool && context.arguments.tool == "stop" };
@id("no-hidden") forbid(principal, action == Action::"respond", resource in Server::"web") when { context.findings.contains("hidden-channels/tag-characters") };
@id("no-leak") forbid(principal, action == Action::"call_tool", resource in Server::"mail")
  when { context.contextConfidentiality == "confidential" || context.contextIntegrity == "untrusted" };
@id("asks-nothing") forbid(principal, action == Action::"elicit", resource) when { resource.integrity == "untrusted" };
@id("told") @spotlight permit(principal in Group::"support", action == Action::"respond", resource in Server::"crm");`;

const BY: By = { admin: { id: 'sallyport|admin', may: ['audit', 'investigate'],
  proof: { via: 'root', kind: 'workload', groups: [], proof: 'bearer', issuedAt: 0 } }, space: 'default' };
const files = (text: string): CandidateWish => ({ policies: [{ file: 'policy.cedar', text }] });

let day: ScriptedDay;
let gate: Gate;
let calls = 0;

beforeAll(async () => {
  day = scriptDay(20_261_123, 280);
  gate = await startGate({ policy: A, manifest: day.manifest });
  await gate.enrol(...day.servers);
  calls = await day.play(gate);
}, 120_000);
afterAll(async () => {
  await gate.stop();
  await day.stop();
});

async function simulated(text: string, opens = true): Promise<readonly Step[]> {
  const control = gate.control();
  const candidate = await candidateOf(control, BY, files(text));
  const steps: Step[] = [];
  for await (const one of replayed(control, BY, candidate, { since: 0 }, opens, new AbortController().signal)) if ('step' in one) steps.push(one.step);
  return steps;
}

/** Decisions of agents as a gate recorded them, oldest first. */
async function decided(of: Gate): Promise<readonly JournalRecord[]> {
  const records = (await of.records()).map((one): JournalRecord => JSON.parse(JSON.stringify(one)));
  return records.filter(({ event, principal, request, category }) =>
    REPLAYED_EVENTS.some((one) => one === event) && principal !== REGISTRY_PRINCIPAL_ID && (category !== 'access' || request !== undefined));
}

const judgementOf = ({ outcome, policies, gates, transforms }: ReturnType<typeof recordedJudgement>): object => ({ outcome, policies, gates, transforms });

test('the snapshot that was in force changes nothing, and nothing is undecidable', async () => {
  const steps = await simulated(A);
  expect(steps.filter(({ kind }) => kind === 'call').length).toBeGreaterThanOrEqual(calls);
  expect(steps.filter(({ change, undecidable }) => change !== undefined || undecidable !== undefined)).toEqual([]);
  expect(new Set(steps.map(({ was }) => was.outcome))).toEqual(new Set(['allow', 'deny', 'gated']));
}, 60_000);

test(verifies('policy-simulated', 'another snapshot decides the record as it decides the same day live, call by call'), async () => {
  const other = await startGate({ policy: B, manifest: day.manifest });
  try {
    await other.enrol(...day.servers);
    await day.play(other);
    const live = await decided(other);
    const steps = await simulated(B);
    expect(steps.filter(({ undecidable }) => undecidable !== undefined).map(({ undecidable, record }) => [undecidable, record.tool])).toEqual([]);
    const [asked, liveAsked] = [steps.filter(({ kind }) => kind === 'call'), live.filter(({ category }) => category === 'access')];
    expect(asked.length).toBe(liveAsked.length);
    asked.forEach(({ record, is }, at) => {
      const one = liveAsked[at];
      expect([record.agent, record.server, record.tool, record.action]).toEqual([one?.agent, one?.server, one?.tool, one?.action]);
      const judged = one && recordedJudgement(one);
      expect({ ...is, gates: judged?.passed === true ? is?.gates : is?.firstGates }).toMatchObject(judged === undefined ? {} : judgementOf(judged));
    });
    // Answers: of what was answered on both days.
    const answers = new Map(live.filter(({ event }) => event.startsWith('result.')).map((one) => [one.exchange, one]));
    let compared = 0;
    for (const step of steps.filter(({ record }) => record.event.startsWith('result.'))) {
      const at = asked.findIndex(({ record }) => record.exchange === step.record.exchange);
      const one = answers.get(liveAsked[at]?.exchange ?? '');
      if (one === undefined) continue;
      compared += 1;
      const { outcome, transforms } = recordedJudgement(one);
      expect({ outcome: step.is?.outcome, transforms: step.is?.transforms }).toEqual({ outcome, transforms });
    }
    expect(compared).toBeGreaterThan(100);
    const changes = new Set(steps.map(({ change }) => change));
    expect(changes).toEqual(new Set([undefined, 'denied', 'permitted', 'obligations', 'reasons']));
    expect(steps.some(({ record, is }) => record.event === 'result.delivered' && is?.outcome === 'deny')).toBeTrue();
  } finally {
    await other.stop();
  }
}, 120_000);

/** `sallyport policy …` as somebody types it. */
async function policy(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = '';
  const io = {
    env: {}, cwd: gate.home, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
    out: (text: string) => void (out += text), note: () => undefined,
  };
  const code = await command.run([...args, '--home', gate.home], io);
  return { code, out };
}

test('the command says what would change, in words and for machines, and is on record', async () => {
  const file = join(gate.home, 'b.cedar');
  writeFileSync(file, B);
  const told = await policy('simulate', '--since', '1h', '--policies', file, '--reason', 'before the change');
  expect(told.code).toBe(3);
  expect(told.out).toContain('pays-smaller');
  const report: Json = JSON.parse((await policy('simulate', '--since', '1h', '--json', '--reason', 'again')).out);
  expect(report).toMatchObject({ changes: { denied: 0, permitted: 0, obligations: 0, reasons: 0 }, undecidable: { count: 0 }, payloads: true });
  expect((await policy('simulate', '--since', '1h', '--reason', 'again')).code).toBe(0);
  const manifest = await policy('simulate', '--since', '1h', '-f', join(gate.home, 'sallyport.yaml'), '--reason', 'again', '--json');
  expect([manifest.code, JSON.parse(manifest.out)]).toMatchObject([0, { changes: { denied: 0, permitted: 0 }, undecidable: { count: 0 } }]);
  // What only watches is told of as recorded; enforced, it denies.
  expect(report).toMatchObject({ shadow: [{ policy: 'bulk-watch', recorded: expect.any(Number), simulated: expect.any(Number) }] });
  const enforced = await policy('simulate', '--since', '1h', '--enforce', 'bulk-watch', '--json');
  const watched: Json = JSON.parse(enforced.out);
  expect([enforced.code, watched]).toMatchObject([3, {
    policies: expect.arrayContaining([expect.objectContaining({ policy: 'bulk-watch', change: 'denied' })]),
  }]);
  const [job] = await gate.records({ server: 'jobs', event: 'call.denied' });
  const explained = await policy('explain', typeof job?.['exchange'] === 'string' ? job['exchange'] : '');
  expect(explained.out).toContain('In shadow, and would have matched: bulk-watch');
  const records = await gate.records({ event: 'policy.simulated' });
  expect(records[0]).toMatchObject({ reason: 'before the change', detail: { payloads: true, of: ['policies'] } });
  expect(records.at(-1)).toMatchObject({ detail: { payloads: false, of: ['enforce'] } });
}, 60_000);

const undecided = (steps: readonly Step[]): readonly string[] =>
  [...new Set(steps.flatMap(({ record: { agent = '', tool = '' }, undecidable }) => (undecidable === undefined ? [] : [`${undecidable} ${agent} ${tool}`])))]
    .toSorted();

/** Of these calls policy B reads arguments. */
const READ = ['finance-agent pay', 'finance-agent update', 'support-agent pay', 'support-agent update'] as const;

async function reportOf(admin: Partial<Admin>, wish: Partial<SimulateWish>, space = 'default'): Promise<Json | undefined> {
  const lines = await simulate(gate.control(), { admin: { ...BY.admin, ...admin }, space }, { since: 0, ...wish }, new AbortController().signal);
  return part((await Array.fromAsync(lines)).at(-1), 'report');
}

test(verifies('policy-simulated', 'payloads are opened by who may investigate alone, and people stand under pseudonyms'), async () => {
  const reason = 'curious';
  expect(await reportOf({}, { reason })).toMatchObject({ payloads: true, undecidable: { count: 0 } });
  // What an auditor is told of a policy about words must not tell the words.
  const auditors = await reportOf({ may: ['audit'] }, { reason, candidate: files(B) });
  expect(auditors).toMatchObject({ payloads: false, undecidable: { why: { closed: expect.any(Number) } } });
  expect(await reportOf({}, { reason }, 'blue')).toMatchObject({ decisions: 0 });
  expect(await codeOf(reportOf({}, { reveal: true }))).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await codeOf(reportOf({}, { candidate: files('permit(') }))).toBe('ERR_POLICY_SYNTAX');
  expect(await codeOf(reportOf({}, { candidate: { proposal: 'none' } }))).toBe('ERR_NOT_FOUND');
}, 60_000);

test(verifies('policy-simulated', 'with payloads closed or gone, exactly what depends on them is undecidable, and all else is decided alike'), async () => {
  const whole = new Map((await simulated(B)).map(({ record, is }) => [record.id, is?.outcome]));
  const closed = await simulated(B, false);
  expect(undecided(closed)).toEqual([...READ, 'ops-agent job', 'ops-agent stop'].map((one) => `closed ${one}`).toSorted());
  rmSync(join(gate.home, 'ledger', 'bodies', 'apart'), { recursive: true });
  const steps = await simulated(B);
  expect(undecided(steps)).toEqual(READ.map((one) => `expired ${one}`));
  const [erased] = steps;
  await gate.admin('POST', '/audit/erase', { exchange: erased?.record.exchange ?? '', reason: 'they asked' });
  const left = await simulated(B);
  expect(JSON.parse((await policy('simulate', '--since', '1h', '--json')).out)).toMatchObject({ erasures: 1, payloads: false });
  expect(left.filter(({ record }) => record.exchange === erased?.record.exchange)).toEqual([]);
  for (const { record, is, undecidable } of [...closed, ...left]) {
    if (undecidable === undefined && whole.has(record.id)) expect(is?.outcome).toBe(whole.get(record.id));
  }
}, 60_000);

test(verifies('policy-simulated', 'what nobody asked a context for is undecidable where the candidate would have asked, not what was believed'), async () => {
  const steps = await simulated(`${A}
@id("no-fetch-after") forbid(principal, action == Action::"call_tool", resource == Tool::"web/fetch") when { context.contextIntegrity == "untrusted" };`);
  const told = undecided(steps).filter((one) => one.startsWith('flow '));
  expect(told.length).toBeGreaterThan(0);
  for (const one of told) expect(one).toMatch(/ fetch$/);
}, 60_000);

test(verifies('policy-simulated', 'what a context would not have been given makes the decisions that read its flow undecidable, not wrong'), async () => {
  const steps = await simulated(B.replace('@id("fetch") permit(principal,', '@id("fetch") permit(principal in Group::"reader",'));
  const told = new Set(undecided(steps));
  expect(told).toContain('other-flow research-agent send');
  const fetched = steps.find(({ record }) => record.agent === 'research-agent' && record.tool === 'fetch');
  expect(fetched).toMatchObject({ change: 'denied' });
  // What came before that is decided as ever.
  const before = steps.filter(({ record }) => record.at < (fetched?.record.at ?? 0));
  for (const { undecidable } of before) expect([undefined, 'expired']).toContain(undecidable);
}, 60_000);
