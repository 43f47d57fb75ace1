import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isObject } from '../../src/domain/json.ts';
import { BAD_OPAQUE, BAD_PROOFS } from '../fixtures/bad-proofs.ts';
import { BAD_TOKENS, type BadCase } from '../fixtures/bad-tokens.ts';
import { ask, makeKeys, openTokenGate, type Answered, type TokenGate } from '../fixtures/token-gate.ts';

/**
 * Credentials that must not pass, over the whole gate: each is refused for its own reason, told in the RFC's word and no other,
 * and recorded with a fingerprint. A gate for each table: floods of strangers' refusals are recorded in aggregate.
 */
const TABLES: Readonly<Record<string, readonly BadCase[]>> = { ...BAD_TOKENS, proof: BAD_PROOFS, opaque: BAD_OPAQUE };
const ERRORS: Readonly<Record<string, string>> = { ERR_PROOF_INVALID: 'invalid_dpop_proof', ERR_PROOF_NONCE: 'use_dpop_nonce' };
const STATUS: Readonly<Record<string, number>> = { ERR_TOKEN_QUERY: 400, ERR_HEADER_REPEATED: 400, ERR_ISSUER_UNAVAILABLE: 503 };

test('[tokens-refused] there are a hundred and twenty or more, and no two are alike', () => {
  const names = Object.values(TABLES).flat().map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(120);
  expect(new Set(names).size).toBe(names.length);
});

for (const [table, cases] of Object.entries(TABLES)) {
  describe(table, () => {
    let world: TokenGate;
    beforeAll(async () => {
      world = await openTokenGate({ keys: await makeKeys(), policy: 'permit(principal, action, resource);' });
    }, 30_000);
    afterAll(() => world.stop());
    const answers = new Map<BadCase, Answered>();

    for (const one of cases) {
      test(one.name, async () => {
        const presenting = await one.make(world);
        const answer = await ask(world.gate.url, presenting);
        answers.set(one, answer);
        expect({ status: answer.status, code: answer.code }).toEqual({ status: STATUS[one.code] ?? 401, code: one.code });
        const challenge = answer.headers.get('www-authenticate') ?? '';
        if (answer.status === 401 && one.code !== 'ERR_TOKEN_MISSING') expect(challenge).toContain(`error="${ERRORS[one.code] ?? 'invalid_token'}"`);
        const secret = presenting.headers['authorization']?.split(' ').at(-1) ?? '';
        if (secret.length > 8) expect(answer.text + challenge).not.toContain(secret.slice(-12));
      });
    }

    test('each is an access record, with its reason and a fingerprint, and nothing of the credential', async () => {
      const records = [...(await world.gate.records()), ...(await world.gate.records({ space: 'b' }))];
      const byExchange = new Map(records.map((record) => [record['exchange'], record]));
      for (const one of cases) {
        const record = byExchange.get(answers.get(one)?.exchange ?? '');
        const { category, event, code, detail } = record ?? {};
        const told = one.why === undefined ? {} : { why: isObject(detail) ? detail['internal'] : undefined };
        const meant = one.why === undefined ? {} : { why: one.why };
        const asMeant = { name: one.name, category: 'access', event: 'call.refused', code: one.code, ...meant };
        expect({ name: one.name, category, event, code, ...told }).toEqual(asMeant);
        if (one.code !== 'ERR_TOKEN_MISSING') expect(record?.['fingerprint']).toMatch(/^sha256:[0-9a-f]{16}$/);
      }
    });
  });
}
