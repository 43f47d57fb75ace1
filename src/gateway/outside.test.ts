import { expect, test } from 'bun:test';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import type { PluginSettings, SpaceDetect } from '../domain/detect.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { createOutside } from './outside.ts';

/* What looks outside lives as long as anybody sets it so: of code in a thread none is left behind. */

const plugin = (id: string): PluginSettings => (
  { id, module: `/${id}.js`, sha256: '0'.repeat(64), facets: ['argument'], timeoutMs: 1, memoryBytesMax: 1, onFailure: 'refuse' }
);
const { snapshot } = exchangeOf({ transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false });
const snapshotOf = (version: number, detect: Readonly<Record<string, SpaceDetect>>): Snapshot => ({ ...snapshot, version, detect });

test('a plug-in stays from snapshot to snapshot, and is ended when none sets it any more; an older snapshot ends nothing of a newer one\'s', () => {
  const log: string[] = [];
  const outside = createOutside({
    remote: () => async () => ({ findings: [] }),
    plugin: ({ id }) => {
      log.push(`+${id}`);
      return { beside: async () => ({ findings: [] }), close: () => void log.push(`-${id}`) };
    },
  });
  const [first, second] = [snapshotOf(1, { red: { plugins: [plugin('a'), plugin('b')] } }), snapshotOf(2, { red: { plugins: [plugin('b'), plugin('c')] } })];
  expect(outside.at(first, 'red', 'crm')).toBeDefined();
  expect(outside.at(first, 'red', 'wiki')).toBeDefined();
  expect(log.splice(0)).toEqual(['+a', '+b']);
  outside.at(second, 'red', 'crm');
  expect(log.splice(0)).toEqual(['-a', '+c']);
  outside.at(first, 'red', 'lab');
  expect(log.splice(0)).toEqual(['+a']);
  expect(outside.at(snapshotOf(3, {}), 'blue', 'crm')).toBeUndefined();
  expect(log.splice(0).toSorted()).toEqual(['-a', '-b', '-c']);
  outside.close();
  expect(log).toEqual([]);
});
