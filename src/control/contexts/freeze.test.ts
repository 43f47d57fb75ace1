import { afterAll, beforeAll, expect, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { LIMITS } from '../../domain/limits.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

const key = (n: number): string => n.toString(16).padStart(32, '0');
const freeze = (n: number, space = 'default'): Promise<unknown> =>
  fixture.asGateway.call('control.freeze', { space, context: key(n), why: 'too much', exchange: 'e', principal: 'p', agent: 'desk' });
const frozen = (): readonly string[] => fixture.role.control.lease.current?.lease.killed.contexts ?? [];
const refusals = async (): Promise<string> => JSON.stringify((await fixture.api('GET', '/audit/records?event=freeze.refused')).body);

async function hold(space: string, contexts: number): Promise<void> {
  const off = { all: false, agents: [], servers: [], principals: [], tools: [] };
  await fixture.role.control.store.put('setting', space, 'kill', { ...off, contexts: Array.from({ length: contexts }, (_, n) => key(n)) }, { by: 'test' });
}

test('one space, and all together, hold so many frozen contexts of gateways; administrators freeze on, and are told', async () => {
  await hold('default', LIMITS.frozenContextsPerSpaceMax);
  expect(await codeOf(freeze(1_000_000))).toBe('ERR_LIMIT_CONTEXTS');
  expect(await refusals()).toContain('so many are frozen in that space');
  // What is frozen already is no further one; another space goes on.
  await freeze(3);
  await freeze(7, 'other');
  expect(await fixture.api('PUT', '/kill', { target: 'context', name: key(2_000_000), on: true, reason: 'odd' })).toMatchObject({ status: 200 });
  expect(frozen()).toContain(`default/${key(2_000_000)}`);
  expect(frozen()).not.toContain(`default/${key(1_000_000)}`);
  await hold('made-up', LIMITS.frozenContextsMax);
  expect(await codeOf(freeze(8, 'other'))).toBe('ERR_LIMIT_CONTEXTS');
  // However many are refused, it is told once a minute.
  expect((await refusals()).match(/"event":"freeze.refused"/g)).toHaveLength(1);
  await hold('made-up', 0);
  await hold('default', 0);
});

test('no more than so many are frozen within a minute', async () => {
  const codes: string[] = [];
  for (let n = 0; n < LIMITS.freezesPerMinuteMax + 1; n++) codes.push(await codeOf(freeze(n, 'fast')));
  expect(codes.slice(0, 50)).not.toContain('ERR_LIMIT_CONTEXTS');
  expect(codes.at(-1)).toBe('ERR_LIMIT_CONTEXTS');
  expect(frozen()).not.toContain(`fast/${key(LIMITS.freezesPerMinuteMax)}`);
}, 30_000);
