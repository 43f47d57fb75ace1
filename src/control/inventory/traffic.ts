import { hostname } from 'node:os';
import type { Evidence } from '../../discover/correlate/asset.ts';
import { keyOfClient, keyOfPerson } from '../../discover/keys.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';

/** What the gate's own traffic says: the one sensor that nobody outside can feed. */
export interface Traffic {
  /** When a call last went through the gate to a server, epoch ms. */
  readonly usedAt: ReadonlyMap<string, number>;
  /** Who was seen there, with which agent. */
  readonly evidence: readonly Evidence[];
  /** False: the ledger did not answer, so that nothing is known of what is unused. */
  readonly isKnown: boolean;
}

export async function readTraffic({ ledger, now }: Pick<Control, 'ledger' | 'now'>, space: string): Promise<Traffic> {
  const usedAt = new Map<string, number>();
  const evidence: Evidence[] = [];
  try {
    const { sessions } = await ledger.sessions({ space, since: now() - LIMITS.assetOrphanedMs, limit: LIMITS.queryRecordsMax });
    for (const { principal, principalKind, agent, firstAt, lastAt, servers } of sessions) {
      for (const { server, calls, denials } of servers) if (calls > denials) usedAt.set(server, Math.max(usedAt.get(server) ?? 0, lastAt));
      if (principal === undefined) continue;
      const seen = { sensor: 'gate', place: 'the journal', confidence: 100, risks: [], facts: {}, seenAt: lastAt, firstSeenAt: firstAt } as const;
      if (principalKind === 'person') evidence.push({ ...seen, kind: 'person', keys: [keyOfPerson(principal)], person: principal });
      if (agent !== undefined) {
        evidence.push({ ...seen, kind: 'client', keys: [keyOfClient(agent, hostname(), principal)], name: agent, client: agent, person: principal });
      }
    }
    return { usedAt, evidence, isKnown: true };
  } catch {
    return { usedAt, evidence, isKnown: false };
  }
}
