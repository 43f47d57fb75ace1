import { expect, test } from 'bun:test';
import { describeServer } from './server-view.ts';

test('whoever approves a server sees how it is exposed, what it means and what to do', () => {
  const message = 'it answers without a credential: whoever reaches it passes by the gate; have it want a credential';
  const shown = describeServer({ id: 'crm', status: 'scanned', findings: [{ rule: 'exposure-unauthenticated', severity: 'block', message }] });
  expect(shown.replaceAll(/[\s│]+/g, ' ')).toContain(`exposure-unauthenticated block ${message}`);
});
