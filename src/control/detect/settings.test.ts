import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { openStore } from '../../store/open.ts';
import { putStored } from '../stored.ts';
import { readDetectInForce, writeDetect } from './settings.ts';

/** A policy that stands on what one detector finds. */
const reads = (scope: string): string => `${scope}forbid(principal, action, resource) when { context.findings.contains("egress/untrusted-host") };`;

test('what a forbid of the whole organisation stands on no other space switches off, whichever was there first', async () => {
  const folder = mkdtempSync('/tmp/sp-detect-');
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  const policy = (source: string): Promise<unknown> => putStored(store, 'policy', 'default', 'p', { file: 'p.cedar', source }, 'tests');
  await policy(reads(''));
  await writeDetect(store, 'red', { detectors: { egress: 'off', payment: 'off' }, servers: { crm: { detectors: { egress: 'shadow' } } } }, 'tests');
  expect((await readDetectInForce(store, 'red')).detectors).toEqual({ egress: 'off', payment: 'off' });
  await policy(reads('@scope("organisation")\n'));
  expect(await readDetectInForce(store, 'red')).toEqual({ detectors: { payment: 'off' }, servers: { crm: { detectors: {} } } });
  expect(await codeOf(writeDetect(store, 'blue', { detectors: { egress: 'off' } }, 'tests'))).toBe('ERR_CONFIG_INVALID');
  expect(await writeDetect(store, 'default', { detectors: { egress: 'off' } }, 'tests')).toBe(true);
  await store.close();
  rmSync(folder, { recursive: true });
});
