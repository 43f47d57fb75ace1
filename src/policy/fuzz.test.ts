import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import type { AccessRequest, Decision } from '../domain/decision.ts';
import { DRIFTS } from '../domain/decision.ts';
import { conditions, policies } from './arbitrary-policy.ts';
import { findings, labels, payArguments, provenance, requests } from './arbitrary-request.ts';
import { askCedar } from './cedar.ts';
import type { Compiled } from './compile.ts';
import { compilePolicies } from './compile.ts';
import { ANSWER_PERMIT_ID, applies, loadEngine, loadPolicy } from './engine.ts';
import { outcomeOf, subjectFor } from './equivalence.ts';
import { CRM, PAY, WIKI, inputOf } from './fixture.ts';
import { askOracle, cedarCall } from './oracle.ts';
import type { Facts } from './oracle.ts';
import { parsePolicy } from './parse.ts';
import { shapeOfTool } from './shape.ts';
import { splitPolicies } from './split.ts';

/** A few hundred in CI; more by the environment (nightly). */
const RUNS = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 200);

/** The nightly numbers take their time. */
const NIGHT_MS = 8 * 3_600_000;

const SERVERS = {
  crm: { space: 'default', tier: 'internal', hosting: 'vendor' }, wiki: { space: 'default', tier: 'internal', hosting: 'self', region: 'eu' },
} as const;
/** What a set is compiled with: no vendor stands there. */
const AS_COMPILED: Facts = { servers: SERVERS, shapes: { 'crm/pay': shapeOfTool(PAY.definition) } };
const VENDOR = { id: 'acme', score: 61, disclosedUntil: Date.UTC(2026, 10, 24), attestedAt: Date.UTC(2026, 10, 1) };
const FACTS: Facts = { ...AS_COMPILED, servers: { ...SERVERS, crm: { ...SERVERS.crm, vendor: VENDOR } } };

describe('one condition', () => {
  test('comes to what Cedar says, errors included, whatever its types', () => {
    const seen = { satisfied: 0, unsatisfied: 0, error: 0, failure: 0 };
    const wild = conditions({ wild: true, reads: 'nothing' }).map((condition) => `permit (principal, action, resource) when { ${condition} };`);
    fc.assert(
      fc.property(wild, fc.array(requests, { minLength: 4, maxLength: 4 }), (text, asked) => {
        const [chunk] = splitPolicies('fuzz', text);
        const draft = chunk === undefined ? undefined : parsePolicy(chunk, '').draft;
        if (draft === undefined) return;
        const policy = loadPolicy({ ...draft, id: 'fuzz', obligations: [] });
        const theirs = askOracle(text, asked, FACTS);
        for (const [index, request] of asked.entries()) {
          const subject = subjectFor(request, FACTS);
          if (subject === undefined) continue;
          const ours = outcomeOf(policy, subject);
          seen[ours] += 1;
          expect(ours).toBe(theirs[index] ?? 'failure');
        }
      }),
      { numRuns: RUNS },
    );
    expect([seen.satisfied > 0, seen.unsatisfied > 0, seen.error > 0, seen.failure]).toEqual([true, true, true, 0]);
  }, NIGHT_MS);
});

/** Half of the sets permit everything that their other policies don't forbid. */
const sets = fc
  .tuple(fc.boolean(), fc.array(policies, { minLength: 1, maxLength: 6 }))
  .map(([broad, texts]) => (broad ? ['permit (principal, action, resource);', ...texts] : texts));

/** The text's policies one by one, less those that the compiler refuses. */
async function sound(texts: readonly string[]): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const text of new Set(texts)) {
    const compiled = await compilePolicies(inputOf(text));
    expect(compiled.diagnostics.map(({ code }) => code)).not.toContain('ERR_POLICY_EQUIVALENCE');
    if (compiled.ok) kept.push(text);
  }
  return kept;
}

function cedarDecision(compiled: Compiled, request: AccessRequest): Pick<Decision, 'outcome' | 'policies'> & { readonly failed: boolean } {
  const own = Object.fromEntries([...compiled.policies].map(([id, { text }]) => [id, text]));
  const staticPolicies = { ...own, [ANSWER_PERMIT_ID]: 'permit (principal, action == Action::"respond", resource);' };
  const answer = askCedar((cedar) => cedar.isAuthorized({ ...cedarCall(request, AS_COMPILED), policies: { staticPolicies } }));
  if (answer?.type !== 'success') throw new Error(JSON.stringify(answer));
  const { decision, diagnostics } = answer.response;
  return { outcome: decision, policies: diagnostics.reason, failed: diagnostics.errors.length > 0 };
}

describe('a set of policies', () => {
  test('decides as Cedar does, but that any error denies', async () => {
    let [allowed, denied] = [0, 0];
    await fc.assert(
      fc.asyncProperty(sets, fc.array(requests, { minLength: 6, maxLength: 6 }), async (texts, asked) => {
        const compiled = await compilePolicies(inputOf(...(await sound(texts))));
        const engine = loadEngine(compiled.program, 1);
        for (const request of asked) {
          const ours = engine.decide(request);
          if (!applies(request)) {
            expect(ours.outcome).toBe('deny');
            continue;
          }
          const theirs = cedarDecision(compiled, request);
          expect(ours.errors.length > 0).toBe(theirs.failed);
          expect(ours.outcome).toBe(theirs.failed ? 'deny' : theirs.outcome);
          if (!theirs.failed) expect([...ours.policies].toSorted()).toEqual([...theirs.policies].toSorted());
          if (ours.outcome === 'allow') allowed += 1;
          else denied += 1;
        }
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
    expect([allowed > 0, denied > 0]).toEqual([true, true]);
  }, NIGHT_MS);
});

describe('possible', () => {
  test('is sound: what it says holds for all arguments and moments (invariant 7)', async () => {
    const counts = { allow: 0, deny: 0, unknown: 0 };
    const moments = fc.record({
      arguments: payArguments,
      now: fc.integer({ min: 0, max: 4e12 }),
      drift: fc.constantFrom(...DRIFTS),
      flow: labels,
      findings,
      provenance,
      tokenAgeMs: fc.constantFrom(0, 10_000, 60_000, 3_600_000),
    });
    await fc.assert(
      fc.asyncProperty(sets, requests, fc.array(moments, { minLength: 12, maxLength: 12 }), async (texts, listed, calls) => {
        const compiled = await compilePolicies(inputOf(...(await sound(texts))));
        const engine = loadEngine(compiled.program, 1);
        if (!applies(listed)) return;
        const possibility = engine.possible({ ...listed, context: { ...listed.context, arguments: undefined } });
        counts[possibility] += 1;
        for (const call of calls) {
          const { tokenAgeMs, ...moment } = call;
          const context = { ...listed.context, ...moment };
          const request = { ...listed, principal: { ...listed.principal, tokenAgeMs }, context };
          const { outcome, obligations } = engine.decide(request);
          if (possibility === 'deny') expect({ outcome, liftable: obligations.length > 0 }).toEqual({ outcome: 'deny', liftable: false });
          if (possibility === 'allow') expect(outcome).toBe('allow');
        }
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
    expect([counts.allow > 0, counts.deny > 0, counts.unknown > 0]).toEqual([true, true, true]);
  }, NIGHT_MS);
});

test('the fixture is what the facts say', () => {
  expect([CRM.id, WIKI.id]).toEqual(Object.keys(FACTS.servers));
});
