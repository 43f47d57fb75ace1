import { describe, expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import type { Evidence } from './asset.ts';
import { correlate } from './correlate.ts';
import { findingsOf } from './findings.ts';
import { takeInventory } from './judge.ts';
import type { Registered } from './judge.ts';

const NOW = 1_800_000_000_000;

function seen(given: Partial<Evidence> & Pick<Evidence, 'keys'>): Evidence {
  return {
    sensor: 'client-file', kind: 'server', host: 'laptop-7', place: '/home/ann/.cursor/mcp.json:3', confidence: 80, risks: [], facts: {}, seenAt: NOW,
    firstSeenAt: NOW, ...given,
  };
}

const CRM: Registered = { id: 'crm', name: 'CRM', isApproved: true, keys: ['url:https://crm.example/mcp'], declaredAt: NOW, usedAt: NOW };
const URL_OF = 'url:https://evil.example/mcp';

function statusOf(evidence: readonly Evidence[], registered: readonly Registered[] = [CRM]): readonly (string | undefined)[] {
  return takeInventory(evidence, registered, NOW).assets.filter(({ kind }) => kind === 'server').map(({ status }) => status);
}

function rulesOf(given: Partial<Evidence>): readonly string[] {
  const found = findingsOf(takeInventory([seen({ keys: [URL_OF], ...given })], [], NOW).assets);
  return found.map(({ rule, severity }) => `${severity} ${rule}`).toSorted((one, other) => (one < other ? -1 : 1));
}

describe('evidence', () => {
  test('of one thing is one asset, by keys that lead from one to the next', () => {
    const { assets } = correlate([
      seen({ keys: ['package:npm/x'], name: 'notes', sensor: 'client-file' }),
      seen({ keys: ['process:laptop-7!12!9', 'package:npm/x'], sensor: 'process', confidence: 60 }),
      seen({ keys: ['listener:laptop-7!127.0.0.1:3000', 'process:laptop-7!12!9'], sensor: 'listener', confidence: 50 }),
      seen({ keys: ['url:laptop-7!http://127.0.0.1:3000/mcp'], sensor: 'client-file', client: 'cursor' }),
      seen({ keys: ['package:npm/y'] }),
    ]);
    expect(assets).toHaveLength(2);
    expect(assets).toContainEqual(expect.objectContaining({
      name: 'notes', confidence: 96, sensors: expect.arrayContaining(['client-file', 'process', 'listener']), clients: ['cursor'], hosts: ['laptop-7'],
    }));
  });

  test('of one name, or of another kind, is not', () => {
    expect(correlate([seen({ keys: ['package:npm/x'], name: 'github' }), seen({ keys: ['package:npm/y'], name: 'github' })]).assets).toHaveLength(2);
    expect(correlate([seen({ keys: ['person:ann'], kind: 'person' }), seen({ keys: ['person:ann'], kind: 'client' })]).assets).toHaveLength(2);
  });

  test('of a host name says more of what has its address there, and makes an asset only where somebody vouches for the name', () => {
    const dns = seen({ keys: ['host:mcp.notes.example'], sensor: 'log', confidence: 30, place: 'dns.log:1' });
    expect(correlate([dns])).toMatchObject({ assets: [], hints: [{ place: 'dns.log:1' }] });
    const { assets, hints } = correlate([dns, seen({ keys: ['url:https://mcp.notes.example/mcp'] })]);
    expect(hints).toEqual([]);
    expect(assets).toMatchObject([{ sensors: ['client-file', 'log'] }]);
    expect(correlate([{ ...dns, confidence: 70 }]).assets).toMatchObject([{ confidence: 70 }]);
  });

  test('gives one id, whatever is seen first', () => {
    const some = [seen({ keys: ['package:npm/x', 'process:laptop-7!12!9'] }), seen({ keys: ['process:laptop-7!12!9', 'listener:laptop-7!127.0.0.1:1'] })];
    const [one] = correlate(some).assets;
    const [other] = correlate(some.toReversed()).assets;
    expect(one?.id).toBe(other?.id ?? '');
    expect(one?.keys[0]).toBe('package:npm/x');
  });
});

describe('against the registry a server is', () => {
  test('sanctioned, used through the gate alone', () => {
    expect(statusOf([seen({ keys: ['gate:crm'], runs: { kind: 'gate', server: 'crm' }, client: 'cursor' })])).toEqual(['sanctioned']);
    expect(statusOf([seen({ keys: ['url:https://crm.example/mcp'], sensor: 'network' })])).toEqual(['sanctioned']);
  });

  test('bypassing, as soon as one client goes around the gate', () => {
    const through = seen({ keys: ['gate:crm'], runs: { kind: 'gate', server: 'crm' } });
    expect(statusOf([through, seen({ keys: ['url:https://crm.example/mcp'], client: 'claude-code' })])).toEqual(['bypassing']);
    expect(statusOf([through, seen({ keys: ['url:https://crm.example/mcp'], sensor: 'log', place: 'http.log:9' })])).toEqual(['bypassing']);
  });

  test('bypassing, when it is also where or what it is not declared to be, whoever says that both are one', () => {
    expect(statusOf([seen({ keys: ['url:https://crm.example/mcp', URL_OF], sensor: 'network' })])).toEqual(['bypassing']);
    const packaged: Registered = { ...CRM, keys: ['package:npm/crm'] };
    expect(statusOf([seen({ keys: ['package:npm/crm', 'package:npm/evil'], sensor: 'process' })], [packaged])).toEqual(['bypassing']);
    const listens = seen({ keys: ['package:npm/crm', 'listener:laptop-7!127.0.0.1:9000'], sensor: 'listener' });
    expect(statusOf([listens], [packaged])).toEqual(['bypassing']);
    expect(statusOf([{ ...listens, keys: ['package:npm/crm'] }], [packaged])).toEqual(['sanctioned']);
    expect(statusOf([{ ...listens, goneAt: NOW }], [packaged])).toEqual(['sanctioned']);
  });

  test('not what only another reporter says that it is', () => {
    const evil = seen({ keys: ['program:laptop-7!/tmp/evil'], sensor: 'process', by: 'sensor/laptop-7' });
    const bridge = seen({ keys: ['program:laptop-7!/tmp/evil', 'url:https://crm.example/mcp'], sensor: 'network', by: 'sensor/laptop-8' });
    expect(statusOf([evil, bridge])).toEqual(['bypassing']);
    const own = seen({ keys: ['program:laptop-7!/opt/crm', 'url:https://crm.example/mcp'], sensor: 'process', by: 'sensor/laptop-7' });
    expect(statusOf([own, seen({ keys: ['url:https://crm.example/mcp'], sensor: 'network', by: 'ann' })])).toEqual(['sanctioned']);
  });

  test('not what another reporter says to have been, or to go through the gate', () => {
    const evil = seen({ keys: ['process:laptop-7!12!9', 'listener:laptop-7!127.0.0.1:9000'], sensor: 'listener', by: 'sensor/laptop-7' });
    const other = { sensor: 'process', by: 'sensor/laptop-8' } as const;
    expect(statusOf([evil, seen({ keys: ['gate:crm', 'listener:laptop-7!127.0.0.1:9000'], ...other })])).toEqual(['bypassing']);
    expect(statusOf([evil, seen({ keys: ['process:laptop-7!12!9', 'url:https://crm.example/mcp'], ...other, seenAt: 1 })])).toEqual(['bypassing']);
    expect(statusOf([evil, seen({ keys: ['process:laptop-7!12!9', 'url:https://crm.example/mcp'], ...other, goneAt: NOW })])).toEqual(['bypassing']);
    expect(statusOf([evil, seen({ keys: ['gate:gone', 'process:laptop-7!12!9'], ...other })], [])).toEqual(['rogue']);
  });

  test('rogue where nobody registered it, stale when it is gone', () => {
    expect(statusOf([seen({ keys: [URL_OF] })], [])).toEqual(['rogue']);
    expect(statusOf([seen({ keys: [URL_OF], goneAt: NOW })], [])).toEqual(['stale']);
    expect(statusOf([seen({ keys: [URL_OF], seenAt: NOW - LIMITS.assetStaleMs - 1 })], [])).toEqual(['stale']);
    expect(statusOf([seen({ keys: ['gate:gone'], runs: { kind: 'gate', server: 'gone' } })], [])).toEqual(['stale']);
  });

  test('orphaned where nobody uses it, and not before', () => {
    const past = NOW - LIMITS.assetOrphanedMs - 1;
    expect(statusOf([], [{ ...CRM, declaredAt: past, usedAt: past }])).toEqual(['orphaned']);
    expect(statusOf([], [{ ...CRM, declaredAt: past }])).toEqual(['sanctioned']);
    const used = seen({ keys: ['gate:crm'], runs: { kind: 'gate', server: 'crm' } });
    expect(statusOf([used], [{ ...CRM, declaredAt: past, usedAt: past }])).toEqual(['sanctioned']);
  });
});

test('hosts and people are assets too, by what was seen on and of them', () => {
  const seenOf = [seen({ keys: ['package:npm/x'], person: 'ann' }), seen({ keys: ['package:npm/y'], person: 'ann', host: 'laptop-8' })];
  const grant = seen({ keys: ['url:https://a.example/mcp'], sensor: 'grant', person: 'ann@corp.example', place: 'grants.json:1' });
  const { assets } = takeInventory([...seenOf, grant], [], NOW);
  const of = (kind: string): readonly string[] => assets.filter((asset) => asset.kind === kind).map(({ name }) => name);
  expect(of('host')).toEqual(['laptop-7', 'laptop-8']);
  expect(of('person')).toEqual(['ann@corp.example', 'ann@laptop-7', 'ann@laptop-8']);
});

describe('findings', () => {
  test('are worse of what runs than of what is written down, and say what to do', () => {
    expect(rulesOf({})).toEqual(['medium rogue']);
    expect(rulesOf({ sensor: 'process' })).toEqual(['high rogue']);
    expect(rulesOf({ sensor: 'code' })).toEqual(['low rogue']);
    expect(rulesOf({ risks: ['no-auth', 'unpinned'] })).toEqual(['high no-auth', 'medium rogue', 'medium unpinned']);
  });

  test('of an ungovernable one name the setting that closes it', () => {
    const { assets } = takeInventory([seen({ keys: [URL_OF], risks: ['ungovernable'], facts: { closes: 'Admin console: Connectors, off' } })], [], NOW);
    expect(findingsOf(assets)).toContainEqual(expect.objectContaining({ rule: 'ungovernable', remedy: expect.stringContaining('Connectors, off') }));
  });

  test('keep their ids from one inventory to the next', () => {
    const [before, after] = [NOW, NOW + 1].map((seenAt) => findingsOf(takeInventory([seen({ keys: [URL_OF], seenAt })], [], NOW).assets).map(({ id }) => id));
    expect(before).toEqual(after ?? []);
  });
});
