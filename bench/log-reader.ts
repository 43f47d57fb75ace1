/** Reads logs as `sallyport discover logs` does, in a process of its own: prints what that took of time, CPU and memory, as JSON. */
import { isUnseen } from '../src/domain/observation.ts';
import { lookAtLogs } from '../src/discover/logs/look.ts';
import { knowledgeOf, shippedTables } from '../src/knowledge/table.ts';

const paths = process.argv.slice(2);
const { vendorOf } = knowledgeOf(shippedTables());
const [startedAt, before] = [performance.now(), process.cpuUsage()];
let servers = 0;
for await (const item of lookAtLogs(paths, { vendorOf, vendors: [], gates: [], signal: new AbortController().signal, now: Date.now })) {
  if (isUnseen(item)) throw new Error(`${item.place}: ${item.reason}`);
  servers += 1;
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ servers, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6,
  peakMiB: process.resourceUsage().maxRSS / 1024 }));
