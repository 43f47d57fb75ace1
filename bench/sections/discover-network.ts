import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { scanNetwork } from '../../src/discover/network/scan.ts';
import { readTargets } from '../../src/discover/network/targets.ts';
import { isUnseen } from '../../src/domain/observation.ts';
import { knowledgeOf, shippedTables } from '../../src/knowledge/table.ts';
import type { Figure } from '../figures.ts';

/** A network of loopback that nothing else is bound to by name. */
const NETWORK = '127.77.7';
const SERVERS = 20;
const SECONDS_MAX = 15;

/** A /24 with 20 live servers at the usual ports, at the polite rate that is the default. */
export async function measureDiscoverNetwork(): Promise<Figure[]> {
  const heard = { requests: 0 };
  const servers = Array.from({ length: SERVERS }, (_, at) => listen(`${NETWORK}.${10 + at * 12}`, [3000, 8000, 8080][at % 3] ?? 3000, heard));
  try {
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const file = { apiVersion: 'sallyport/targets/v1', owner: 'bench@example.com', reason: 'bench', expires: day, targets: [{ network: `${NETWORK}.0/24` }] };
    const targets = readTargets(file, () => undefined, Date.now());
    if (!('targets' in targets)) throw new Error('the targets are refused');
    const knowledge = knowledgeOf(shippedTables());
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
    let found = 0;
    const { signal } = new AbortController();
    for await (const item of scanNetwork({ targets, knowledge, refusalOf: () => undefined, machine: 'bench', signal })) {
      if (!isUnseen(item) && item.place.startsWith(NETWORK) && item.confidence > 90) found += 1;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const section = 'discover network';
    const ports = 254 * knowledge.discovery.ports.length;
    return [
      { section, name: `a /24, ${ports.toLocaleString('en')} ports`, value: seconds, unit: 's', target: `≤ ${SECONDS_MAX} s`, met: seconds <= SECONDS_MAX },
      { section, name: 'live servers found', value: found, unit: `of ${SERVERS}`, target: `${SERVERS}`, met: found === SERVERS },
      { section, name: 'requests that a server is asked', value: heard.requests / SERVERS, unit: '' },
      { section, name: 'CPU for a port', value: (user + system) / ports, unit: 'µs' },
    ];
  } finally {
    for (const server of servers) await server.stop(true);
  }
}

function listen(hostname: string, port: number, heard: { requests: number }): { stop(now: boolean): Promise<void> } {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'bench', version: '1' });
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({ content: [{ type: 'text', text }] }));
    return server;
  });
  return Bun.serve({ hostname, port, fetch(request) {
    heard.requests += 1;
    return handler.fetch(request);
  } });
}
