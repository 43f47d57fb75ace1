import type { PolicySource } from '../compile.ts';

/** The id of the policy that refuses what was not inspected whole. */
export const INSPECTION_POLICY_ID = 'default/inspection';

export const INSPECTION: PolicySource = {
  file: 'defaults/inspection.cedar',
  text: `
@id("${INSPECTION_POLICY_ID}")
@reason("What could not be inspected whole is not let through: a detector failed, or there was more than is ever looked at.")
forbid (principal, action, resource)
when {
  context.findings.containsAny([
    "inspect/too-large", "inspect/too-slow", "inspect/too-many-findings", "inspect/detector-failed", "secrets/too-dense"
  ])
};
`,
};
