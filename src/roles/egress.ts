import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createJournal } from '../audit/journal.ts';
import { connectLink } from '../link/connect.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { countRecords } from '../telemetry/count-records.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openFloor } from './floor.ts';
import { openInForce, recordRecovery, watchControl } from './gateway-control.ts';
import { createMetricsPlace, leaseReadings } from './telemetry.ts';

export interface Egress {
  close(): Promise<void>;
}

/**
 * The egress in this process: the one way from local servers to the network. What each may reach it takes from what control
 * signed, as a gateway does, and never from who asks (docs/decisions/0019-egress.md).
 */
export async function startEgress({ home }: { readonly home: string }): Promise<Egress> {
  ensureRoleKey(home, 'egress');
  const folder = join(home, 'egress');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ending = new AbortController();
  const links = { control: connectLink({ home, self: 'egress', peer: 'control' }), ledger: connectLink({ home, self: 'egress', peer: 'ledger' }) };
  const floor = openFloor(home, join(folder, 'egress.version'));
  const kept = createJournal(links.ledger, { node: 'egress', incarnation: Bun.randomUUIDv7(), seenFile: join(folder, 'seen-egress.json'), leave: floor.leave });
  const metrics = createMetrics('egress', 'egress');
  const journal = countRecords(kept, metrics);
  metrics.read('sallyport_journal_backlog_records', () => journal.waiting);
  const inForce = openInForce(home, floor);
  const { refused, settle } = recordRecovery(journal, 'egress', floor);
  inForce.onChange(settle);
  const place = createMetricsPlace({ home, role: 'egress', node: 'egress', metrics });
  inForce.onChange(() => void place.configure(inForce.snapshot?.telemetry?.metrics));
  leaseReadings(metrics, () => inForce.lease, () => inForce.snapshot?.version);
  void watchControl({ control: links.control, inForce, floor, refused, signal: ending.signal }, {});
  return {
    async close() {
      ending.abort();
      place.close();
      kept.close();
      for (const link of Object.values(links)) link.close();
    },
  };
}
