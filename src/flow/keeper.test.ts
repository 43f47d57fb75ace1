import { describe, expect, test } from 'bun:test';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import { UNLABELLED, type Labels } from '../domain/server.ts';
import { STANDING_LIMITS } from '../domain/standing.ts';
import { contextKey, conversationOf } from './context.ts';
import { flowKeyOf } from './provenance/key.ts';
import { createFlowContexts, type FlowContexts, type Visit } from './keeper.ts';
import { join, LOST } from './labels.ts';

const SECRET = 'of the installation';
const PRIVATE: Labels = { confidentiality: 'confidential', categories: ['pii'], integrity: 'trusted' };

/** Where contexts are kept, as far as one gateway can tell: what it added is there. */
interface Kept {
  readonly flow: FlowContexts;
  readonly visits: readonly Visit[];
  /** What was kept at the gateway. */
  readonly here: readonly Visit[];
  labels: Labels;
  generation: number;
  away: boolean;
  at: number;
}

function keep(): Kept {
  const visits: Visit[] = [];
  const here: Visit[] = [];
  const flow = createFlowContexts({
    async visit(visit) {
      if (kept.away) throw new SallyportError('ERR_LINK_UNAVAILABLE', 'away');
      visits.push(visit);
      kept.labels = join(kept.labels, visit.add);
      return { generation: kept.generation, labels: kept.labels };
    },
    async keep(visit) {
      here.push(visit);
      return true;
    },
  }, flowKeyOf(new Uint8Array(32)), () => kept.at);
  const kept: Kept = { flow, visits, here, labels: UNLABELLED, generation: 1, away: false, at: 1_000_000 };
  return kept;
}

const LEGACY = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:9', allowPrivate: true });
function calling(labels: Labels, principal: Partial<Principal> = {}): Exchange {
  const who = { ...LEGACY.principal, ...principal };
  const { call } = LEGACY;
  return { ...LEGACY, principal: who, flow: contextKey(who, undefined, SECRET), call: { ...call, resource: { ...call.resource, labels } } };
}

describe('a gateway\'s memory of contexts', () => {
  test('asks once, then not again for what is covered, until its belief is old', async () => {
    const kept = keep();
    for (let n = 0; n < 5; n++) await kept.flow.carry(calling(PRIVATE), []);
    expect(kept.visits).toMatchObject([{ add: PRIVATE }]);
    kept.at += 1_001;
    await Promise.all([1, 2, 3].map(() => kept.flow.carry(calling(PRIVATE), [])));
    expect(kept.visits).toHaveLength(2);
    expect(kept.visits[1]).toMatchObject({ knew: 1 });
  });

  test('asks for what rises, and for a sign-in that it has not seen', async () => {
    const kept = keep();
    await kept.flow.carry(calling(UNLABELLED, { signIn: 'one' }), []);
    await kept.flow.carry(calling(PRIVATE, { signIn: 'one' }), []);
    expect(kept.visits).toHaveLength(2);
    await kept.flow.carry(calling(PRIVATE, { signIn: 'two' }), []);
    expect(kept.visits).toHaveLength(3);
  });

  test('gives nothing out that it could not make durable; what is covered is', async () => {
    const kept = keep();
    kept.away = true;
    expect(await codeOf(kept.flow.carry(calling(PRIVATE), []))).toBe('ERR_FLOW_UNKNOWN');
    kept.away = false;
    await kept.flow.carry(calling(PRIVATE), []);
    kept.away = true;
    kept.at += 5_000;
    await kept.flow.carry(calling(PRIVATE), []);
    expect(kept.here).toEqual([]);
    await kept.flow.carry(calling(LOST), []);
    await kept.flow.carry(calling(LOST), []);
    expect(kept.here).toMatchObject([{ add: LOST, knew: 1 }]);
    // Another sign-in is another context to those who keep them.
    expect(await codeOf(kept.flow.carry(calling(LOST, { signIn: 'two' }), []))).toBe('ERR_FLOW_UNKNOWN');
  });

  test('is never what policy is told; that is asked for, every time', async () => {
    const kept = keep();
    expect(await kept.flow.labels(calling(PRIVATE), false)).toEqual(UNLABELLED);
    expect(kept.visits).toHaveLength(0);
    await kept.flow.carry(calling(PRIVATE), []);
    kept.labels = LOST;
    expect(await kept.flow.labels(calling(PRIVATE), true)).toEqual(LOST);
    kept.away = true;
    expect(await codeOf(Promise.resolve(kept.flow.labels(calling(PRIVATE), true)))).toBe('ERR_FLOW_UNKNOWN');
  });

  test('follows a context into its next generation', async () => {
    const kept = keep();
    await kept.flow.carry(calling(LOST), []);
    kept.generation = 2;
    kept.labels = UNLABELLED;
    kept.at += 1_001;
    await kept.flow.carry(calling(PRIVATE), []);
    expect(await kept.flow.labels(calling(PRIVATE), true)).toEqual(PRIVATE);
  });

  test('does not take for lost what idled away', async () => {
    const kept = keep();
    await kept.flow.carry(calling(PRIVATE), []);
    kept.at += STANDING_LIMITS.contextIdleMs + 1;
    await kept.flow.carry(calling(PRIVATE), []);
    expect(kept.visits[1]).not.toHaveProperty('knew');
  });

  test('keeps no context of our own workload', async () => {
    const kept = keep();
    await kept.flow.carry(calling(PRIVATE, { id: REGISTRY_PRINCIPAL_ID }), []);
    expect(kept.visits).toEqual([]);
  });
});

describe('the key of a context', () => {
  const { principal } = LEGACY;
  const key = contextKey(principal, undefined, SECRET);

  test('is of this installation: who only knows the names of people cannot tell whose it is', () => {
    expect(contextKey(principal, undefined, 'another secret')).not.toBe(key);
  });

  test('is the same with another credential, sign-in, session or proof', () => {
    expect(contextKey({ ...principal, credential: 'other', grant: 'other', proof: 'dpop', tokenAgeMs: 9, groups: ['x'] }, undefined, SECRET)).toBe(key);
  });

  test.each<[string, Partial<Principal>]>([
    ['space', { space: 'red' }], ['subject', { id: 'sallyport|bob' }], ['issuer', { id: 'https://idp.example|ann' }], ['agent', { agent: 'other' }],
    ['actor chain', { actors: ['a'] }], ['order of the chain', { actors: ['a', 'b'] }],
  ])('is another one with another %s', (_, change) => {
    expect(contextKey({ ...principal, ...change }, undefined, SECRET)).not.toBe(key);
    const [ba, ab] = [['b', 'a'], ['a', 'b']].map((actors) => contextKey({ ...principal, actors }, undefined, SECRET));
    expect(ba).not.toBe(ab ?? '');
  });

  test('is split by a conversation only for an agent that may', () => {
    const agent = { id: principal.agent, space: principal.space, owner: 'o', purpose: 'p', clients: [], allow: '*', expiresAt: 0 } as const;
    const params = { _meta: { 'io.sallyport/conversation': 'one' } };
    expect(conversationOf(principal, params, { agents: [{ ...agent, conversations: true }] })).toBe('one');
    expect(conversationOf(principal, params, { agents: [{ ...agent, conversations: false }] })).toBeUndefined();
    expect(conversationOf(principal, params, { agents: [{ ...agent, space: 'red', conversations: true }] })).toBeUndefined();
    const long = { _meta: { 'io.sallyport/conversation': 'x'.repeat(200) } };
    expect(conversationOf(principal, long, { agents: [{ ...agent, conversations: true }] })).toBeUndefined();
    expect(contextKey(principal, 'one', SECRET)).not.toBe(key);
  });
});
