import { AUDIT_RULES } from '../../client-files/audit/rules.ts';
import { DETECTOR_INFO } from '../../detect/table.ts';
import type { Severity } from '../../domain/finding.ts';

export interface RuleInfo {
  readonly severity: Severity;
  readonly what: string;
  readonly catalogues: readonly string[];
}

/** What a scan itself finds, besides what detectors do: how a server is configured, and how it behaves while it is asked. */
const OWN = {
  'launch/forbidden': { severity: 'high', what: 'It is started in a way that hides what runs.', catalogues: ['MCP05', 'ASI05', 'AML.T0050', 'MCP-T3'] },
  'launch/unpinned': {
    severity: 'medium', what: 'It starts whatever version of a package is the newest.', catalogues: ['MCP04', 'ASI04', 'AML.T0010', 'SAFE-T1002', 'MCP-T11'],
  },
  ...AUDIT_RULES,
  'surface/differs': {
    severity: 'high', what: 'It says something else to another client.', catalogues: ['MCP03', 'ASI04', 'AML.T0109', 'SAFE-T1201', 'MCP-T6'],
  },
} as const satisfies Readonly<Record<string, RuleInfo>>;
export type OwnRule = keyof typeof OWN;

export function ownRule(rule: OwnRule): RuleInfo {
  return OWN[rule];
}

/** What a rule of a finding means. */
export function ruleInfo(id: string): RuleInfo | undefined {
  const own = Object.entries<RuleInfo>(OWN).find(([name]) => name === id)?.[1];
  if (own !== undefined) return own;
  const [detector = '', rule = ''] = id.split('/');
  const info = Object.entries(DETECTOR_INFO).find(([name]) => name === detector)?.[1];
  return Object.entries<RuleInfo>(info?.rules ?? {}).find(([name]) => name === rule)?.[1];
}
