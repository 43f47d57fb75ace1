import { afterEach, expect, test } from 'bun:test';
import { toolParams } from '../../../test/fixtures/modern-call.ts';
import { openPath, resultOf, type Path } from '../../../test/fixtures/path.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';

let path: Path;
afterEach(() => path.close());

const CHARGE = 'permit(principal, action == Action::"call_tool", resource == Tool::"crm/charge");';
const GATE = 'forbid(principal, action == Action::"call_tool", resource);';

async function under(...[policy, limits]: Parameters<typeof openPath>): Promise<void> {
  path = await openPath(`${CHARGE} ${policy ?? ''}`, limits);
}

/** The code with which one call is refused; undefined: it passed. */
async function call(args: JsonObject = { id: 'a' }): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: toolParams('charge', args) });
  return codeIn(await path.ask(path.call('charge', { body: new TextEncoder().encode(body) })));
}

function codeIn(messages: readonly Message[]): unknown {
  const final = messages.at(-1);
  const data = final?.kind === 'error' ? final.error.data : undefined;
  return typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined;
}

test.each(['approve', 'stage'])('%s: what a person must look at is not sent while nobody can be asked', async (gate) => {
  await under(`@${gate}("owner") ${GATE}`);
  expect(await call()).toBe('ERR_LINK_UNAVAILABLE');
  expect(path.sent).toEqual([]);
});

test('approve: what a server asks its client is answered now or refused, and waits for nobody', async () => {
  await under('permit(principal, action == Action::"elicit", resource); @approve("owner") forbid(principal, action == Action::"elicit", resource);');
  path.behave = async function* ({ message }) {
    const params = { message: 'Which?', requestedSchema: { type: 'object', properties: {} } };
    if (message.kind === 'request') yield resultOf(message, { resultType: 'input_required', inputRequests: { q: { method: 'elicitation/create', params } } });
  };
  expect(await call()).toBe('ERR_OBLIGATION_UNKNOWN');
});

test('budget: so many calls of one effect in a context', async () => {
  await under(`@budget("1/day") ${GATE}`);
  expect([await call(), await call()]).toEqual([undefined, 'ERR_RATE_LIMITED']);
  expect(path.sent).toHaveLength(1);
});

test('bulk: no list is longer than that, and a call that is refused takes nothing of a limit', async () => {
  await under(`@bulk("2") @limit("1/min") ${GATE}`);
  expect(await call({ id: 'a', all: [{ of: [1, 2, 3] }] })).toBe('ERR_LIMIT_BULK');
  expect(await call({ id: 'a', all: [1, 2] })).toBeUndefined();
  expect(path.sent).toHaveLength(1);
});

test('quota: so many calls of one tool, whatever policy says', async () => {
  await under('', { quota: { max: 1, periodMs: 60_000 } });
  expect([await call(), await call()]).toEqual([undefined, 'ERR_RATE_LIMITED']);
});

test('a gate of answers alone is met by no call', async () => {
  await under(`@quarantine ${GATE}`);
  expect(await call()).toBe('ERR_OBLIGATION_UNKNOWN');
  expect(path.sent).toEqual([]);
});
