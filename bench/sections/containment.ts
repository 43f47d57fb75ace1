import { startCrm } from '../../demo/crm.ts';
import { text } from '../../src/cli/json-view.ts';
import { startGatewayProcess } from '../../test/fixtures/gateway-process.ts';
import { startGate } from '../../test/fixtures/gate.ts';
import type { Gate } from '../../test/fixtures/gate.ts';
import { callTool } from '../../test/fixtures/modern-call.ts';
import { median } from '../figures.ts';
import type { Figure } from '../figures.ts';

const GATEWAYS = ['north', 'east', 'west'] as const;
const ROUNDS = 25;
/** Of other people's, so that what is compiled anew stands among what is not. */
const POLICIES = 200;
const AT_MOST_MS = 1_000;

/** One that is in leases alone, one in policy, one in the registry. */
const VERBS = [
  { verb: 'kill', target: 'agent', name: 'bench', code: 'ERR_KILLED' }, { verb: 'read-only', target: 'server', name: 'crm', code: 'ERR_POLICY_DENIED' },
  { verb: 'quarantine-server', target: 'server', name: 'crm', code: 'ERR_SERVER_QUARANTINED' },
] as const;

/**
 * From the request of a verb to its effect at three gateways, each a process of its own; and from its lift to the first call that passes
 * at all of them. Control, with 200 policies, is in this process.
 */
export async function measureContainment(): Promise<Figure[]> {
  const crm = startCrm();
  const others = Array.from({ length: POLICIES }, (_, at) =>
    `forbid(principal, action == Action::"call_tool", resource) when { resource.name == "tool-${at}" && context.hour == ${at % 24} };`);
  const gate = await startGate({
    policy: ['permit(principal in Group::"testers", action, resource);', ...others].join('\n'),
    manifest: `servers: { crm: { url: "${crm.url}", allowPrivate: true, owner: bench } }\nlimits: { denials: 1000000/min, cascade: { denials: 1000000 } }\n`,
  });
  const processes: Awaited<ReturnType<typeof startGatewayProcess>>[] = [];
  try {
    await gate.enrol('crm');
    for (const node of GATEWAYS) processes.push(await startGatewayProcess(gate.home, node));
    const urls = processes.map(({ url }) => `${url}/mcp/crm`);
    const figures: Figure[] = [];
    for (const trial of VERBS) figures.push(...await timed(gate, urls, trial));
    return figures;
  } finally {
    for (const each of processes) await each.stop();
    await gate.stop();
    await crm.stop();
  }
}

interface Trial {
  readonly verb: string;
  readonly target: string;
  readonly name: string;
  readonly code: string;
}

async function timed(gate: Gate, urls: readonly string[], { verb, target, name, code }: Trial): Promise<readonly Figure[]> {
  const token = await gate.token({ agent: 'bench', ttlMs: 3_600_000 });
  const [held, lifted]: [number[], number[]] = [[], []];
  await untilAll(urls, token, undefined);
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = performance.now();
    const contained = await gate.admin('POST', '/containments', { verb, scope: { target, name }, reason: 'bench' });
    held.push(...(await untilAll(urls, token, code)).map((at) => at - asked));
    const over = performance.now();
    await gate.admin('POST', `/containments/${text(contained['id'])}/lift`, { reason: 'bench' });
    lifted.push(...(await untilAll(urls, token, undefined)).map((at) => at - over));
  }
  const slowest = Math.max(...held);
  return [
    { section: 'containment', name: `${verb} to its effect at ${urls.length} gateways, p50 of ${held.length}`, value: median(held), unit: 'ms' },
    {
      section: 'containment', name: `${verb} to its effect, the slowest`, value: slowest, unit: 'ms', target: `≤ ${AT_MOST_MS.toLocaleString('en')} ms`,
      met: slowest <= AT_MOST_MS,
    },
    { section: 'containment', name: `lifting ${verb}, the slowest`, value: Math.max(...lifted), unit: 'ms' },
  ];
}

/** When each gateway first answered so. */
async function untilAll(urls: readonly string[], token: string, code: string | undefined): Promise<readonly number[]> {
  return Promise.all(urls.map(async (url) => {
    for (;;) {
      const called = await callTool(url, token, 'update_contact', { id: 'c-1', city: 'Rome' });
      if (code === undefined ? called.result !== undefined : called.code === code) return performance.now();
    }
  }));
}
