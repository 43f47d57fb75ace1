import { join } from 'node:path';
import { createJournal } from '../../audit/journal.ts';
import { toRecord } from '../../domain/happening.ts';
import type { JsonObject } from '../../domain/json.ts';
import { connectLink } from '../../link/connect.ts';

/** A tool as it was approved. */
export function tool(name: string, effect: string): JsonObject {
  return {
    kind: 'tool', name, digest: 'b'.repeat(64), effect, confirmed: true, labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
    definition: { name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: effect === 'read' } },
  };
}

/** A rule of a role that lets tools be called that read. */
export function reads(server: string): JsonObject {
  return { server, effects: ['read'] };
}

let gateways = 0;

/** That a role of the group ops was used once, for the tool `find`. */
export async function called(home: string, role: string, server: string, at: number): Promise<void> {
  const link = connectLink({ home, self: 'gateway', peer: 'ledger' });
  const node = `gateway-${(gateways += 1)}`;
  const journal = createJournal(link, { node, incarnation: 'one', seenFile: join(home, `seen-${node}.json`) });
  await journal.append(toRecord({
    event: 'call.permitted', category: 'access', space: 'default', node, id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(), at, server, tool: 'find',
    policies: [`role:${role}:group:ops:0:tools`],
  }));
  link.close();
}
