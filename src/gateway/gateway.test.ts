import { afterEach, beforeEach, expect, test } from 'bun:test';
import { MESSAGES_MAX, openPath, resultOf, type Path } from '../../test/fixtures/path.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import type { JournalRecord } from '../domain/record.ts';

/*
 * Each step of the path does its part. test/faults/mutation.test.ts removes the lines of `handle` one at a time and
 * shows that one of these tests fails, or that the rest can't compile.
 */

let path: Path;
beforeEach(async () => {
  path = await openPath();
});
afterEach(() => path.close());

const events = async (): Promise<readonly string[]> => (await path.records()).map(({ event }) => event);
const last = async (): Promise<JournalRecord | undefined> => (await path.records()).at(-1);

function codeIn(messages: readonly Message[]): unknown {
  const final = messages.at(-1);
  const data = final?.kind === 'error' ? final.error.data : undefined;
  return typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined;
}

test('a permitted call is sent, answered and recorded, and its records name who called what', async () => {
  expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result', id: 1 })]);
  expect(path.sent).toHaveLength(1);
  expect(await events()).toEqual(['call.permitted', 'result.delivered']);
  for (const record of await path.records()) {
    const call = { server: 'crm', tool: 'charge', method: 'tools/call', snapshot: 1 };
    expect(record).toMatchObject({ agent: 'tester', principal: 'sallyport|tester', ...call });
  }
  // Control looks at it before it releases a credential for the call.
  const [permitted] = await path.records();
  expect(permitted?.context).toMatch(/^[0-9a-f]{32}$/);
  expect(permitted?.standing).toEqual({ credentials: [expect.stringMatching(/./)], issuedAt: expect.any(Number) });
});

test('decode: what is no message is refused, answered and recorded', async () => {
  const refused = await path.ask(path.call('charge', { body: new TextEncoder().encode('{"jsonrpc":') }));
  expect(refused).toEqual([expect.objectContaining({ kind: 'error', httpStatus: 400 })]);
  expect(codeIn(refused)).toBe('ERR_JSON_INVALID');
  expect(await last()).toMatchObject({ event: 'call.refused', code: 'ERR_JSON_INVALID' });
  expect(path.sent).toEqual([]);
});

test('membership: a method that the revision does not have is refused', async () => {
  const inbound = path.call('charge');
  inbound.headers.set('mcp-method', 'tools/destroy');
  inbound.headers.delete('mcp-name');
  const body = new TextEncoder().encode(new TextDecoder().decode(inbound.body).replace('tools/call', 'tools/destroy'));
  expect(codeIn(await path.ask({ ...inbound, body }))).toBe('ERR_METHOD_UNKNOWN');
});

test('the snapshot and lease in force when a message arrives judge it', async () => {
  expect(codeIn(await path.ask(path.call('charge', { receivedAt: Date.now() + 24 * 3_600_000 })))).toBe('ERR_LEASE_EXPIRED');
  path.lease({ killed: { all: false, agents: ['default/tester'], servers: [], principals: [], tools: [], contexts: [] } });
  expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_KILLED');
  expect(path.sent).toEqual([]);
});

test('identity: a stranger is refused; one who is known is named in the record of a refusal', async () => {
  const stranger = path.call('charge');
  stranger.headers.set('authorization', 'Bearer spa_nobody');
  expect(codeIn(await path.ask(stranger))).toBe('ERR_TOKEN_INVALID');
  expect(await last()).not.toHaveProperty('agent');
  const lost = path.call('charge', { route: { kind: 'server', space: 'default', name: 'nowhere' } });
  expect(codeIn(await path.ask(lost))).toBe('ERR_SERVER_UNKNOWN');
  expect(await last()).toMatchObject({ event: 'call.refused', agent: 'tester', code: 'ERR_SERVER_UNKNOWN' });
});

test('resolve: what was never approved does not exist', async () => {
  expect(codeIn(await path.ask(path.call('ghost')))).toBe('ERR_TOOL_UNKNOWN');
  expect(path.sent).toEqual([]);
});

test('judge: what policy does not permit is not sent, and the denial is recorded', async () => {
  expect(codeIn(await path.ask(path.call('forbidden')))).toBe('ERR_TOOL_UNKNOWN');
  expect(path.sent).toEqual([]);
  expect(await events()).toEqual(['call.denied']);
});

test('pins: what is hidden waits for no verification, which would tell it from what is not there', async () => {
  let reads = 0;
  path.rewrite = (said) => {
    reads += 1;
    return said;
  };
  for (const tool of ['forbidden', 'ghost']) expect(codeIn(await path.ask(path.call(tool)))).toBe('ERR_TOOL_UNKNOWN');
  expect(reads).toBe(0);
  await path.ask(path.call('charge'));
  expect(reads).toBeGreaterThan(1);
});

test('pins: what is no longer what was approved is not sent', async () => {
  path.rewrite = (said) => said.replace('"required":["id"]', '"required":["id","amount"]');
  expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_PIN_DRIFT');
  expect(path.sent).toEqual([]);
});

test('open exchanges: a call is open until it has ended, whichever way, and no longer', async () => {
  path.behave = async function* (permit) {
    expect(path.open.size).toBe(1);
    if (permit.message.kind === 'request') yield resultOf(permit.message, { content: [], resultType: 'complete' });
  };
  await path.ask(path.call('charge'));
  expect(path.sent).toHaveLength(1);
  await path.ask(path.call('forbidden'));
  expect(path.open.size).toBe(0);
});

test('open exchanges: a server that never stops talking is cut off, and its call closed on record', async () => {
  path.behave = async function* ({ message }) {
    const params = { progressToken: 1, progress: 1 };
    // One too many; without the limit the call would end well.
    for (let said = 0; said <= MESSAGES_MAX; said++) {
      yield { kind: 'notification', from: 'server', revision: message.revision, method: 'notifications/progress', params };
    }
    if (message.kind === 'request') yield resultOf(message, { content: [], resultType: 'complete' });
  };
  const answers = await path.ask(path.call('charge'));
  expect(answers).toHaveLength(MESSAGES_MAX + 1);
  expect(codeIn(answers)).toBe('ERR_LIMIT_MESSAGES');
  expect((await events()).at(-1)).toBe('call.failed');
});

test('open exchanges: a call whose token is revoked ends, upstream too', async () => {
  const reached = Promise.withResolvers<AbortSignal>();
  path.behave = async function* (_permit, _exchange, signal) {
    reached.resolve(signal);
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off'))));
    yield* [];
  };
  const asked = path.ask(path.call('charge'));
  const upstream = await Promise.race([reached.promise, asked.then(() => undefined)]);
  path.open.sweep(Date.now(), () => true);
  expect(upstream?.aborted).toBeTrue();
  expect(codeIn(await asked)).toBe('ERR_KILLED');
  expect(await events()).toEqual(['call.permitted', 'call.cancelled']);
});

test('trail: the permit is on record before anything is sent, and the result before it is given out', async () => {
  const before: (readonly string[])[] = [];
  path.behave = async function* (permit) {
    before.push(await events());
    if (permit.message.kind === 'request') yield resultOf(permit.message, { content: [], resultType: 'complete' });
  };
  for await (const answer of path.gateway.handle(path.call('charge'))) {
    expect(answer.kind).toBe('result');
    before.push(await events());
  }
  expect(before).toEqual([['call.permitted'], ['call.permitted', 'result.delivered']]);
});

test('present: what the server calls its own state is sealed before a client sees it', async () => {
  path.behave = async function* (permit) {
    const result = { resultType: 'input_required', inputRequests: {}, requestState: 'secret of the server' };
    if (permit.message.kind === 'request') yield resultOf(permit.message, result);
  };
  const answers = await path.ask(path.call('charge'));
  expect(answers[0]).toMatchObject({ kind: 'result', result: { requestState: expect.any(String) } });
  expect(JSON.stringify(answers)).not.toContain('secret of the server');
});

test('judge what comes back: a question that policy does not permit is declined in words, and withheld on record', async () => {
  path.behave = async function* (permit) {
    const params = { message: 'your password?', requestedSchema: { type: 'object', properties: {} } };
    const inputRequests = { q: { method: 'elicitation/create', params } };
    if (permit.message.kind === 'request') yield resultOf(permit.message, { resultType: 'input_required', inputRequests });
  };
  expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_POLICY_DENIED');
  expect(await events()).toEqual(['call.permitted', 'result.withheld']);
});

test('judge what comes back: a question inside a complete result or a notification, as tasks ask, is policy\'s too', async () => {
  const inputRequests = { q: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } } };
  path.behave = async function* (permit) {
    const { message } = permit;
    if (message.kind !== 'request') return;
    yield { kind: 'notification', from: 'server', revision: message.revision, method: 'notifications/tasks', params: { inputRequests } };
    yield resultOf(message, { content: [], resultType: 'complete', inputRequests });
  };
  const answers = await path.ask(path.call('charge'));
  expect(JSON.stringify(answers)).not.toContain('sampling/createMessage');
  expect(codeIn(answers)).toBe('ERR_POLICY_DENIED');
  expect(await events()).toEqual(['call.permitted', 'message.denied', 'result.withheld']);
});

test('judge what comes back: a kill switch that was turned meanwhile withholds the answer', async () => {
  path.behave = async function* (permit) {
    path.lease({ killed: { all: true, agents: [], servers: [], principals: [], tools: [], contexts: [] } });
    if (permit.message.kind === 'request') yield resultOf(permit.message, { content: [], resultType: 'complete' });
  };
  expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_KILLED');
  expect(await events()).toEqual(['call.permitted', 'result.withheld']);
});

test('a server that fails is told of, and its call closed on record', async () => {
  path.behave = async function* () {
    yield* [];
    throw new TypeError('broken');
  };
  expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_INTERNAL');
  expect(await events()).toEqual(['call.permitted', 'call.failed']);
  expect(path.open.size).toBe(0);
});

test('end: a client that goes away between two messages leaves a closed call behind', async () => {
  path.behave = async function* (permit) {
    const { message } = permit;
    if (message.kind !== 'request') return;
    const params = { progressToken: 1, progress: 1 };
    yield { kind: 'notification', from: 'server', revision: message.revision, method: 'notifications/progress', params };
    yield resultOf(message, { content: [], resultType: 'complete' });
  };
  const messages = path.gateway.handle(path.call('charge'));
  expect((await messages.next()).value).toMatchObject({ kind: 'notification' });
  await messages.return();
  expect(await events()).toEqual(['call.permitted', 'message.permitted', 'call.cancelled']);
  expect(path.open.size).toBe(0);
});

/** The same path with another policy or other limits, for as long as `work` takes. */
async function under<T>(policy: string, limits: Parameters<typeof openPath>[1], work: () => Promise<T>): Promise<T> {
  await path.close();
  path = await openPath(policy, limits);
  return work();
}

const ELICIT = 'permit(principal, action == Action::"elicit", resource);';
const CHARGE = 'permit(principal, action == Action::"call_tool", resource == Tool::"crm/charge");';

test('gates: what policy limits passes as often as it says, and the refusal says when to try again', () =>
  under(`${CHARGE} @limit("2/min") forbid(principal, action == Action::"call_tool", resource);`, {}, async () => {
    for (let n = 0; n < 2; n++) expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result' })]);
    const refused = await path.ask(path.call('charge'));
    expect(codeIn(refused)).toBe('ERR_RATE_LIMITED');
    const data = { retryAfterMs: expect.any(Number), remedy: expect.stringContaining('second') };
    expect(refused).toMatchObject([{ httpStatus: 200, error: { code: 4290, data } }]);
    expect(path.sent).toHaveLength(2);
    expect(await last()).toMatchObject({ event: 'call.denied', code: 'ERR_RATE_LIMITED', detail: { gates: [{ kind: 'limit', value: '2/min' }] } });
  }));

test('gates: a question of the server that only a limit stands before is asked as often as that allows', () =>
  under(`${CHARGE} ${ELICIT} @limit("1/min") forbid(principal, action == Action::"elicit", resource);`, {}, async () => {
    path.behave = async function* (permit) {
      const params = { message: 'which?', requestedSchema: { type: 'object', properties: {} } };
      const inputRequests = { q: { method: 'elicitation/create', params } };
      if (permit.message.kind === 'request') yield resultOf(permit.message, { resultType: 'input_required', inputRequests });
    };
    expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result' })]);
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_RATE_LIMITED');
    expect((await events()).slice(-2)).toEqual(['call.permitted', 'result.withheld']);
  }));

test('flow: what came back has labelled the context before it is given out, and what can\'t label it is not given out', async () => {
  const before: number[] = [];
  for await (const _ of path.gateway.handle(path.call('charge'))) before.push(path.visits.length);
  // Asked for first: the effect of "charge" is a guess, so that what it may do depends on its context.
  expect(before).toEqual([2]);
  expect(path.visits[0]).toMatchObject({ asks: true });
  expect(path.visits[1]).toMatchObject({ asks: false, principal: { id: 'sallyport|tester' }, add: { confidentiality: 'internal', integrity: 'trusted' } });
  await under(CHARGE, {}, async () => {
    path.behave = async function* ({ message }) {
      path.away = true;
      if (message.kind === 'request') yield resultOf(message, { content: [], resultType: 'complete' });
    };
    const withheld = await path.ask(path.call('charge'));
    expect(codeIn(withheld)).toBe('ERR_FLOW_UNKNOWN');
    expect(withheld).toHaveLength(1);
    expect(await events()).toEqual(['call.permitted', 'call.failed']);
  });
});

test('flow: policy sees what the context carries, of this moment', () =>
  under(`${CHARGE} forbid(principal, action, resource) when { context.contextConfidentiality == "internal" };`, {}, async () => {
    expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result' })]);
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_POLICY_DENIED');
    expect(path.sent).toHaveLength(1);
    path.away = true;
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_FLOW_UNKNOWN');
    expect(path.sent).toHaveLength(1);
  }));

function broken(): never {
  throw new Error('broken');
}

const NOWHERE = { actor: 1, server: 1, item: 1 };
const NO_UNSCORED = 'forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("anomaly/unscored") };';

test('anomalies: what a scorer finds is in the decision and its record; how the call ended is told to the scorer', () =>
  under(`${CHARGE} forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("anomaly/rate") };`, {}, async () => {
    const ended: string[] = [];
    const found: Finding = { detector: 'anomaly', rule: 'rate', severity: 'high', at: [], expected: '2 calls an hour', seen: '90 calls an hour',
      rarity: 0.0001 };
    path.scorer = {
      ask: () => ({ findings: [found], raised: [found], place: NOWHERE }),
      settle: (_call, _place, { outcome }) => {
        ended.push(outcome);
        return { findings: [], raised: [] };
      },
    };
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_POLICY_DENIED');
    path.scorer = { ...path.scorer, ask: () => ({ findings: [], raised: [], place: NOWHERE }) };
    await path.ask(path.call('charge'));
    await path.ask(path.call('ghost'));
    // It ends without a result.
    path.behave = async function* (permit) {
      yield { kind: 'notification', from: 'server', revision: permit.message.revision, method: 'notifications/message', params: {} };
    };
    await path.ask(path.call('charge'));
    expect(ended).toEqual(['denied', 'permitted', 'refused', 'failed']);
    const records = await path.records();
    expect(records.find(({ event }) => event === 'call.denied')).toMatchObject({ findings: [found] });
    expect(records.filter(({ event }) => event === 'finding.raised')).toMatchObject([{ category: 'detection', server: 'crm', findings: [found] }]);
  }));

test('anomalies: a scorer that throws is a finding, so a policy on findings holds, and opens nothing (invariant 6)', async () => {
  await under(`${CHARGE} ${NO_UNSCORED}`, {}, async () => {
    path.scorer = { ask: broken, settle: broken };
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_POLICY_DENIED');
    expect(path.sent).toEqual([]);
    const raised = (await path.records()).filter(({ event }) => event === 'finding.raised');
    expect(raised).toMatchObject([{ findings: [{ rule: 'unscored', severity: 'high' }] }]);
  });
  await under('', {}, async () => {
    path.scorer = { ask: broken, settle: broken };
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_TOOL_UNKNOWN');
  });
});

test('probing: a caller that was refused too often is refused whatever it asks, until that is some time ago', () =>
  under(CHARGE, { denialsPerMinute: 3 }, async () => {
    for (let n = 0; n < 3; n++) expect(codeIn(await path.ask(path.call('ghost')))).toBe('ERR_TOOL_UNKNOWN');
    const refused = await path.ask(path.call('charge'));
    expect(refused).toMatchObject([{ httpStatus: 429, error: { data: { code: 'ERR_LIMIT_DENIALS', retryAfterMs: expect.any(Number) } } }]);
    expect(path.sent).toEqual([]);
  }));

test('probing: an address of strangers runs out too, and holds up nobody who is known', () =>
  under(CHARGE, { strangerDenialsPerMinute: 2 }, async () => {
    const stranger = path.call('charge');
    stranger.headers.set('authorization', 'Bearer spa_nobody');
    const codes: unknown[] = [];
    for (let n = 0; n < 3; n++) codes.push(codeIn(await path.ask(stranger)));
    expect(codes).toEqual(['ERR_TOKEN_INVALID', 'ERR_TOKEN_INVALID', 'ERR_LIMIT_DENIALS']);
    expect(codeIn(await path.ask({ ...stranger, address: '127.0.0.2' }))).toBe('ERR_TOKEN_INVALID');
    // Of IPv6 anybody has a whole network of addresses.
    const six: unknown[] = [];
    for (let n = 0; n < 3; n++) six.push(codeIn(await path.ask({ ...stranger, address: `2001:db8:1:2::${n}` })));
    expect(six).toEqual(['ERR_TOKEN_INVALID', 'ERR_TOKEN_INVALID', 'ERR_LIMIT_DENIALS']);
    expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result' })]);
  }));

test('breaker: a server that only fails is left alone, and one call finds out whether it is back', () =>
  under(CHARGE, { breaker: { failures: 3, windowMs: 60_000, openMs: 50 } }, async () => {
    path.behave = async function* () {
      yield* [];
      throw new SallyportError('ERR_UPSTREAM_UNREACHABLE', 'gone', { dispatched: false });
    };
    for (let n = 0; n < 3; n++) expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_UPSTREAM_UNREACHABLE');
    const refused = await path.ask(path.call('charge'));
    expect(refused).toMatchObject([{ error: { data: { code: 'ERR_CIRCUIT_OPEN', retryAfterMs: expect.any(Number) } } }]);
    expect(await last()).toMatchObject({ event: 'call.denied', code: 'ERR_CIRCUIT_OPEN' });
    expect(path.sent).toHaveLength(3);
    path.behave = undefined;
    while (codeIn(await path.ask(path.call('charge'))) === 'ERR_CIRCUIT_OPEN') await Bun.sleep(10);
    expect(path.sent).toHaveLength(4);
    expect(await path.ask(path.call('charge'))).toEqual([expect.objectContaining({ kind: 'result' })]);
  }));

test('cascade: denial after denial freezes the context, and then nothing passes in it', () =>
  under(CHARGE, { cascade: { max: 1, periodMs: 60_000, denials: 3 } }, async () => {
    for (let n = 0; n < 4; n++) await path.ask(path.call('forbidden'));
    expect(codeIn(await path.ask(path.call('charge')))).toBe('ERR_KILLED');
    expect(path.sent).toEqual([]);
  }));
