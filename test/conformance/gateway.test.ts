import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startConformanceServer } from '../fixtures/conformance-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { failuresOf, runConformance } from './conformance.ts';

let server: ReturnType<typeof startConformanceServer>;
let gate: Gate;
let headers: Record<string, string>;

/** Everything is permitted: what is compared is what the gate does to the protocol. */
const POLICY = `permit(principal in Group::"testers", action, resource in Server::"fixture");`;

beforeAll(async () => {
  server = startConformanceServer();
  gate = await startGate({
    policy: POLICY,
    manifest: `servers: { fixture: { url: "${server.url}", allowPrivate: true, owner: tests } }\n`,
  });
  await gate.enrol('fixture');
  headers = { authorization: `Bearer ${await gate.token()}` };
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

for (const requirements of ['2025-11-25', '2026-07-28'] as const) {
  test(`through the gate, every scored scenario of ${requirements} passes as it does directly`, async () => {
    const through = await runConformance({ url: `${gate.url}/mcp/fixture`, requirements, headers });
    expect(failuresOf(through)).toEqual([]);
    const direct = await runConformance({ url: server.url, requirements });
    expect(outcomes(through)).toEqual(outcomes(direct));
  }, 120_000);
}

function outcomes(results: Awaited<ReturnType<typeof runConformance>>): Record<string, readonly string[]> {
  const scored = [...results].filter(([, result]) => result.scored);
  return Object.fromEntries(scored.map(([name, { checks }]) => [name, checks.map(({ id, status }) => `${id} ${status}`)]));
}
