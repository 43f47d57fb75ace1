import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { recordOf } from '../../test/fixtures/sink-record.ts';
import type { Origin } from '../audit/entry.ts';
import { openLedger } from '../audit/ledger.ts';
import type { JsonObject } from '../domain/json.ts';
import { createEvidence } from './ledger-evidence.ts';

const [ONE, OTHER]: readonly [Origin, Origin] = [
  { role: 'gateway', node: 'gateway-1', incarnation: 'one' }, { role: 'gateway', node: 'gateway-2', incarnation: 'other' },
];

test('a gateway cannot put another key in the place of the one that sealed another gateway\'s payload', async () => {
  const dir = mkdtempSync('/tmp/sp-evidence-');
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 4096 });
  for (const origin of [ONE, OTHER]) await ledger.hello(origin, new Set());
  const key = Bun.randomUUIDv7();
  const wrap = (by: Origin, wrapped: string): string =>
    JSON.stringify({ ...recordOf({ event: 'key.wrapped', category: 'config', node: by.node, exchange: key }), detail: { wrapped } });
  const sealed = `\t${JSON.stringify({ class: 'standard', region: 'eu', key, box: 'AAAA' })}`;
  await ledger.appendLines([wrap(OTHER, 'before')], OTHER);
  await ledger.appendLines([wrap(ONE, 'right'), `${JSON.stringify(recordOf({ exchange: 'e1', node: 'gateway-1' }))}${sealed}`], ONE);
  await ledger.appendLines([wrap(OTHER, 'after')], OTHER);
  const evidence = createEvidence(dir, Promise.resolve(ledger), async () => undefined);
  const handler = evidence.handlers['ledger.bodies'];
  const wanted: JsonObject = { space: 'default', exchange: 'e1' };
  const bodies = handler !== undefined && 'call' in handler ? await handler.call(wanted, { role: 'control' }) : undefined;
  expect(bodies).toMatchObject([{ key: { wrapped: 'right' } }]);
  evidence.close();
  await ledger.close();
  rmSync(dir, { recursive: true, force: true });
});
