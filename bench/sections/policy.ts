import type { Decision, PolicyEngine } from '../../src/domain/decision.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { Compiled } from '../../src/policy/compile.ts';
import { loadEngine } from '../../src/policy/engine.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import { callBody } from '../payload.ts';
import { accessRequest, policyText, serverFor } from '../policies.ts';

const MANY = 10_000;
const FEW = 10;
const DECISIONS = 20_000;

async function compile(text: string, count: number, previous?: Compiled): Promise<{ compiled: Compiled; ms: number }> {
  const startedAt = performance.now();
  const compiled = await compilePolicies({ sources: [{ file: 'bench.cedar', text }], servers: [serverFor(count)], toolsets: [], obligations: [] }, previous);
  const ms = performance.now() - startedAt;
  const [first] = compiled.diagnostics;
  if (!compiled.ok) throw new Error(`the policies do not compile: ${first?.message ?? ''} (${first?.remedy ?? ''})`);
  return { compiled, ms };
}

/** Median of single decisions, each timed and each checked. */
function decisionUs(engine: PolicyEngine): number {
  const { params }: { params: { arguments: JsonObject } } = JSON.parse(callBody(1, 'n1', 'legacy'));
  const request = accessRequest(params.arguments);
  const times: number[] = [];
  for (let index = 0; index < DECISIONS; index++) {
    const startedAt = Bun.nanoseconds();
    const decision: Decision = engine.decide(request);
    const took = Bun.nanoseconds() - startedAt;
    if (decision.outcome !== 'allow') throw new Error(`the call was not allowed: ${decision.errors.join()}`);
    if (index > DECISIONS / 2) times.push(took / 1000);
  }
  return median(times);
}

/** How decisions and compilation grow with the number of policies. */
export async function measurePolicies(): Promise<Figure[]> {
  const few = await compile(policyText(FEW), FEW);
  const text = policyText(MANY);
  const many = await compile(text, MANY);
  const changed = await compile(text.replace('context.tokenAge > 86400', 'context.tokenAge > 43200'), MANY, many.compiled);
  const engines = [loadEngine(few.compiled.program, 1), loadEngine(many.compiled.program, 1)];
  // Once to heat, once to measure: both run the same code, and the first would pay for compiling it.
  for (const engine of engines) decisionUs(engine);
  const [fewUs = 0, manyUs = 0] = engines.map(decisionUs);
  const ratio = manyUs / fewUs;
  return [
    { section: 'policy', name: `decision p50 with ${FEW} policies`, value: fewUs, unit: 'µs' },
    { section: 'policy', name: `decision p50 with ${MANY} policies`, value: manyUs, unit: 'µs' },
    { section: 'policy', name: 'the second of the first', value: ratio, unit: '×', target: '≤ 2 ×', met: ratio <= 2 },
    { section: 'policy', name: `${MANY} policies compiled and checked`, value: many.ms / 1000, unit: 's', target: '≤ 30 s', met: many.ms <= 30_000 },
    { section: 'policy', name: 'the same after one policy changed', value: changed.ms / 1000, unit: 's', target: '≤ 1 s', met: changed.ms <= 1_000 },
  ];
}
