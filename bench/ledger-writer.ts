/**
 * A gateway that does nothing but write records: `ledger-writer.ts HOME WRITERS SECONDS`. Each writer waits for its record to be
 * kept before it writes the next. Says what it saw as JSON.
 */
import { join } from 'node:path';
import { createJournal } from '../src/audit/journal.ts';
import type { JournalRecord } from '../src/domain/record.ts';
import { connectLink } from '../src/link/connect.ts';
import { median } from './figures.ts';

const HEAT_MS = 1_500;

const [home = '', writers = '1', seconds = '3'] = process.argv.slice(2);
const link = connectLink({ home, self: 'gateway', peer: 'ledger' });
const journal = createJournal(link, { node: 'bench', incarnation: Bun.randomUUIDv7(), seenFile: join(home, 'gateway', 'seen-bench.json') });

/** As large as the records of a call are: who, what, by which policies, with which labels. */
function recordOf(exchange: string, event: 'call.permitted' | 'result.delivered'): JournalRecord {
  return {
    id: Bun.randomUUIDv7(), at: Date.now(), category: event === 'call.permitted' ? 'access' : 'execution', event, node: 'bench', space: 'default', exchange,
    principal: 'idp.example|ann', principalKind: 'person', agent: 'desk', context: 'a3f1c09b77d24e5f8a6b', address: '10.1.2.3', method: 'tools/call',
    action: 'call_tool', server: 'crm', tool: 'search_contacts', definition: 'sha256:4f0c6c1cbb1ae0f4c0a9b1f0c3f8f9d3', effect: 'read',
    digest: '2026-11-23.Zq3m9rJ0pXk2w8u5v7y1t4s6r8q0n2l4k6j8h0g2f4d', sizeBytes: 214,
    shape: { query: 'string(24)', limit: 'number' }, snapshot: 17, policies: ['support-reads-crm', 'org-baseline'], latencyMs: 12,
    stages: { decode: 31, identify: 12, decide: 44, record: 310 },
  };
}

async function write(until: number): Promise<number[]> {
  const times: number[] = [];
  while (performance.now() < until) {
    const exchange = Bun.randomUUIDv7();
    for (const event of ['call.permitted', 'result.delivered'] as const) {
      const from = performance.now();
      await journal.append(recordOf(exchange, event));
      times.push(performance.now() - from);
    }
  }
  return times;
}

async function run(ms: number): Promise<{ readonly times: readonly number[]; readonly elapsedMs: number }> {
  const from = performance.now();
  const all = await Promise.all(Array.from({ length: Number(writers) }, () => write(from + ms)));
  return { times: all.flat(), elapsedMs: performance.now() - from };
}

await run(HEAT_MS);
const before = process.cpuUsage();
const { times, elapsedMs } = await run(Number(seconds) * 1_000);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ records: times.length, elapsedMs, cpuUs: user + system, p50Ms: median(times) }));
journal.close();
link.close();
