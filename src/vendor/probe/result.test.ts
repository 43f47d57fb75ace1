import { expect, test } from 'bun:test';
import { PROBE_REPORT } from './result.ts';
import type { ProbeReport } from './result.ts';

const report: ProbeReport = {
  format: 'sallyport/vendor-probe/1', vendor: 'acme', endpoint: 'https://mcp.acme.example/mcp', startedAt: 1, endedAt: 2,
  permission: { by: 'security@acme.example', until: 3, digest: `sha256:${'0'.repeat(64)}` }, withAccount: false, requests: 1,
  probes: [{ probe: 'P01', outcome: 'fail', checks: [{ check: 'https', outcome: 'fail', evidence: 'http' }] }], facts: {},
};

test('a report names only probes and checks that there are', () => {
  expect(PROBE_REPORT.parse(report)).toEqual(report);
  const wrong = [
    { ...report, probes: [{ probe: 'P17', outcome: 'pass', checks: [] }] },
    { ...report, probes: [{ probe: 'P01', outcome: 'pass', checks: [{ check: 'constructor', outcome: 'pass', evidence: '' }] }] },
    { ...report, facts: { auth: 'none', body: 'x' } },
    { ...report, facts: { software: { name: 'x'.repeat(301), version: '' } } },
  ];
  for (const one of wrong) expect(PROBE_REPORT.safeParse(one).success).toBe(false);
});
