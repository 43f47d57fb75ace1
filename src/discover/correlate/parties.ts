import { keyOfMachine, keyOfPerson } from '../keys.ts';
import type { Evidence } from './asset.ts';

/**
 * The hosts and people that evidence of other things speaks of: each host that something was seen on, each person whose file,
 * process or grant it is. A name of an account is one person's on one host; a subject of an issuer is the same everywhere.
 */
export function partiesOf(evidence: readonly Evidence[]): readonly Evidence[] {
  const parties = new Map<string, Evidence>();
  const add = (kind: 'host' | 'person', key: string, name: string, one: Evidence): void => {
    const { sensor, host, seenAt, firstSeenAt, confidence, goneAt } = one;
    const id = `${sensor} ${key}`;
    const before = parties.get(id);
    const isGone = goneAt !== undefined && (before === undefined || before.goneAt !== undefined);
    parties.set(id, {
      sensor, kind, place: before?.place ?? (host === undefined ? one.place : host), keys: [key], name,
      confidence: Math.max(confidence, before?.confidence ?? 0), risks: [], facts: {},
      seenAt: Math.max(seenAt, before?.seenAt ?? 0), firstSeenAt: Math.min(firstSeenAt, before?.firstSeenAt ?? firstSeenAt),
      ...(host === undefined ? {} : { host }), ...(isGone ? { goneAt } : {}),
    });
  };
  for (const one of evidence) {
    const { kind, host, person } = one;
    if (kind !== 'server' && kind !== 'client') continue;
    if (host !== undefined) add('host', keyOfMachine(host), host, one);
    if (person === undefined) continue;
    const everywhere = host === undefined || /[@|]/.test(person) ? person : `${person}@${host.toLowerCase()}`;
    add('person', keyOfPerson(everywhere), everywhere, one);
  }
  return [...parties.values()];
}
