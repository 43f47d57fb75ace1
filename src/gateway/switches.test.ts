import { expect, test } from 'bun:test';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Killed, Lease } from '../domain/snapshot.ts';
import { switchedOff } from './guard.ts';

const PLAIN = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: true });
const NOW = 1_000_000;
const OFF: Killed = { all: false, agents: [], principals: [], servers: [], tools: [], contexts: [] };

/** Ann's `agent` calls `crm/t` through the dispatcher `run`, for `desk`, which acts for `root`. */
const EXCHANGE: Exchange = {
  ...PLAIN,
  flow: 'context-1',
  principal: { ...PLAIN.principal, actors: ['desk', 'root'] },
  onBehalfOf: { ...PLAIN.principal, id: 'sallyport|bob', agent: 'behind', actors: ['far'] },
  dispatchers: [{ resource: { ...PLAIN.call.resource, name: 'run' }, arguments: {}, tool: toolNamed('run') }],
};

function toolNamed(name: string): NonNullable<Exchange['tool']> {
  return { kind: 'tool', name, digest: '', definition: {}, effect: 'execute', confirmed: true, labels: PLAIN.call.resource.labels };
}

function codeUnder(killed: Partial<Killed>): string | undefined {
  const lease: Lease = {
    issuedAt: 0, expiresAt: 1, snapshotVersion: 1, revokedCredentials: [], revokedPrincipals: [], killed: { ...OFF, ...killed },
  };
  return switchedOff(EXCHANGE, lease)?.code;
}

test.each<[string, Partial<Killed>]>([
  ['everything', { all: true }],
  ['its agent', { agents: ['default/agent'] }],
  ['the first actor of its chain', { agents: ['default/desk'] }],
  ['the last actor of its chain', { agents: ['default/root'] }],
  ['the agent behind our own workload', { agents: ['default/behind'] }],
  ['an actor behind our own workload', { agents: ['default/far'] }],
  ['its person', { principals: ['default/sallyport|ann'] }],
  ['the person behind our own workload', { principals: ['default/sallyport|bob'] }],
  ['its server', { servers: ['default/crm'] }],
  ['its tool', { tools: ['default/crm/t'] }],
  ['the dispatcher that it goes through', { tools: ['default/crm/run'] }],
  ['its flow context', { contexts: ['default/context-1'] }],
])('a call ends with the switch for %s', (_, killed) => {
  expect(codeUnder(killed)).toBe('ERR_KILLED');
});

test('it goes on while none of its own is thrown, whatever is thrown beside it', () => {
  expect(codeUnder({})).toBeUndefined();
  expect(codeUnder({
    agents: beside(['agent', 'desk', 'root']), principals: beside(['sallyport|ann']), servers: beside(['crm']),
    tools: beside(['crm/t', 'crm/run', 'other/t']), contexts: beside(['context-1']),
  })).toBeUndefined();
});

function beside(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => [`red/${id}`, `default/${id}x`]);
}

/** The token of the exchange is a second old when it is called. */
test.each<[string, Partial<Lease>]>([
  ['of its agent', { agentsNotBefore: { 'default/agent': NOW } }],
  ['of an actor of its chain', { agentsNotBefore: { 'default/root': NOW } }],
  ['of the agent behind our own workload', { agentsNotBefore: { 'default/behind': NOW } }],
  ['of its space', { spacesNotBefore: { default: NOW } }],
  ['of every space', { spacesNotBefore: { '*': NOW } }],
])('what was issued before the tokens %s were ended is dead, and what was issued since is not', (_, ends) => {
  const lease: Lease = { issuedAt: 0, expiresAt: 1, snapshotVersion: 1, revokedCredentials: [], revokedPrincipals: [], killed: OFF };
  const at = (startedAt: number): Exchange => ({ ...EXCHANGE, startedAt });
  const age = Math.min(EXCHANGE.principal.tokenAgeMs, EXCHANGE.onBehalfOf.tokenAgeMs);
  expect(switchedOff(at(NOW + age), { ...lease, ...ends })?.code).toBe('ERR_TOKEN_REVOKED');
  expect(switchedOff(at(NOW + EXCHANGE.principal.tokenAgeMs + EXCHANGE.onBehalfOf.tokenAgeMs + 1), { ...lease, ...ends })).toBeUndefined();
});

test('a switch for a whole space stops it, and no other', () => {
  expect(codeUnder({ spaces: ['default'] })).toBe('ERR_KILLED');
  expect(codeUnder({ spaces: ['red'] })).toBeUndefined();
});
