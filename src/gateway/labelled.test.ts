import { afterEach, expect, test } from 'bun:test';
import { openPath, type Path } from '../../test/fixtures/path.ts';
import type { Finding } from '../domain/finding.ts';

let path: Path;
afterEach(() => path.close());

const FOUND: Finding = { detector: 'odd', rule: 'odd', severity: 'low', at: [], labels: { confidentiality: 'restricted', categories: ['pii'] } };

/** Whether a call is sent in whose arguments personal data is found, where policy forbids that condition. */
async function isSent(condition: string): Promise<boolean> {
  path = await openPath(`permit(principal, action == Action::"call_tool", resource == Tool::"crm/charge");
    forbid(principal, action == Action::"call_tool", resource) when { ${condition} };`);
  path.inspect = ({ facet }) => ({
    findings: facet === 'argument' ? [FOUND] : [],
  });
  await path.ask(path.call('charge'));
  return path.sent.length > 0;
}

test('what is found in arguments is in the context of its call', async () => {
  expect(await isSent('context.contextCategories.contains("pii") && context.contextConfidentiality == "restricted"')).toBeFalse();
});

test('what is found in arguments flows into them', async () => {
  expect(await isSent('context.argumentCategories.contains("pii") && context.argumentConfidentiality == "restricted"')).toBeFalse();
});
