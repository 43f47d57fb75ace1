import { expect, test } from 'bun:test';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import { UNLABELLED } from '../domain/server.ts';
import { measure } from './watch-measure.ts';

test('all that one vendor hosts has one baseline; a server of nobody has its own', () => {
  const exchange = exchangeOf({ transport: 'http', url: 'https://mcp.acme.example/mcp', allowPrivate: false });
  const place = (id: string, vendor?: string): string =>
    measure({
      ...exchange, server: { ...exchange.server, id, ...(vendor === undefined ? {} : { vendor: { id: vendor, score: 0 } }) },
    }, UNLABELLED, String).server;
  expect([place('crm', 'acme'), place('wiki', 'acme'), place('crm', 'other'), place('crm')]).toEqual(['vendor/acme', 'vendor/acme', 'vendor/other', 'crm']);
});
