import { expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { describeServer } from './server-view.ts';

test('whoever approves a server sees how it is exposed, what it means and what to do', () => {
  const message = 'it answers without a credential: whoever reaches it passes by the gate; have it want a credential';
  const shown = describeServer({ id: 'crm', status: 'scanned', findings: [{ rule: 'exposure-unauthenticated', severity: 'block', message }] });
  expect(shown.replaceAll(/[\s│]+/g, ' ')).toContain(`exposure-unauthenticated block ${message}`);
});

test('whoever approves a local server sees what it may touch, defaults too', () => {
  const limits = { memoryBytesMax: 2 ** 30, processesMax: 64, filesMax: 1024, tmpBytesMax: 2 ** 26 };
  const see = (sandbox: JsonObject): string => {
    return describeServer({ id: 'a', launch: { env: {}, sandbox: { ...limits, ...sandbox } } }).replaceAll(/[\s│]+/g, ' ');
  };
  const open = see({ reads: ['/srv/read'], writes: ['/srv/write'], network: ['api.example:443'], secretFiles: { KEY: 'vault:key' }, wallMs: 5_400_000 });
  for (const shown of ['reads /srv/read', 'writes /srv/write', 'reaches api.example:443', 'KEY=vault:key', 'memory 1024 MiB', 'runs 90 min']) {
    expect(open).toContain(shown);
  }
  const closed = see({ reads: [], writes: [], network: [], secretFiles: {} });
  for (const shown of ['reads no folder but its package', 'writes no folder', 'reaches no host', '64 processes']) expect(closed).toContain(shown);
});
