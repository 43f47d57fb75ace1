import { adminRoutes } from './admins/routes.ts';
import { accountRoutes } from './accounts/routes.ts';
import { clientRoutes } from './clients/routes.ts';
import { backupRoutes } from './backups/routes.ts';
import { breakGlassRoutes } from './break-glass/routes.ts';
import { consentRoutes } from './consents/routes.ts';
import { issuerRoutes } from './issuer/routes.ts';
import { reviewRoutes } from './reviews/routes.ts';
import { revocationRoutes } from './revocations/routes.ts';
import { agentRoutes } from './agents/routes.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { tokenRoutes } from './tokens/routes.ts';
import { bundleRoutes } from './audit/bundle-routes.ts';
import { evidenceRoutes } from './audit/evidence-routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { reportRoutes } from './audit/report-routes.ts';
import { sessionRoutes } from './audit/session-routes.ts';
import { sinkRoutes } from './audit/sink-routes.ts';
import { configurationRoutes } from './configuration/routes.ts';
import { containmentRoutes } from './containments/routes.ts';
import { contextRoutes } from './contexts/routes.ts';
import { connectionRoutes } from './connections/routes.ts';
import { denialRoutes } from './denials/routes.ts';
import { exceptionRoutes } from './exceptions/routes.ts';
import { exerciseRoutes } from './exercises/routes.ts';
import { fileRoutes } from './files/routes.ts';
import { findingRoutes } from './findings/routes.ts';
import { quarantineRoutes } from './quarantine/routes.ts';
import { flowRoutes } from './flow/routes.ts';
import { holdRoutes } from './holds/routes.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import { killRoutes } from './kill/routes.ts';
import { knowledgeRoutes } from './knowledge/routes.ts';
import type { Route } from './route.ts';
import { linkRoutes } from './links/routes.ts';
import { liveRoutes } from './live/routes.ts';
import { manifestRoutes } from './manifest/routes.ts';
import { overviewRoutes } from './overview/routes.ts';
import { packageRoutes } from './packages/routes.ts';
import { personRoutes } from './people/routes.ts';
import { proposalRoutes } from './proposals/routes.ts';
import { playbookRoutes } from './playbooks/routes.ts';
import { policyRoutes } from './policies/routes.ts';
import { recoveryRoutes } from './recovery/routes.ts';
import { redteamRoutes } from './redteam/routes.ts';
import { registryRoutes } from './registry/routes.ts';
import { requestRoutes } from './requests/routes.ts';
import { rightsRoutes } from './roles/routes.ts';
import { scheduleRoutes } from './schedule/routes.ts';
import { segmentRoutes } from './segments/routes.ts';
import { serverRoutes } from './servers/routes.ts';
import { statusRoutes } from './status/routes.ts';
import { toolsetRoutes } from './toolsets/routes.ts';
import { vendorRoutes } from './vendors/routes.ts';
import { vaultRoutes } from './vault/routes.ts';
import { vendorProbeRoutes } from './vendors/probe-routes.ts';

/** Every route of the control API. What is not here does not exist. */
export const ROUTES: readonly Route[] = [
  ...statusRoutes, ...overviewRoutes, ...liveRoutes,
  ...serverRoutes, ...toolsetRoutes, ...agentRoutes, ...tokenRoutes, ...exceptionRoutes, ...rightsRoutes, ...policyRoutes,
  ...manifestRoutes, ...containmentRoutes,
  ...killRoutes, ...contextRoutes, ...flowRoutes, ...auditRoutes, ...sessionRoutes, ...reportRoutes, ...evidenceRoutes, ...bundleRoutes,
    ...sinkRoutes, ...holdRoutes, ...accountRoutes, ...consentRoutes,
  ...segmentRoutes, ...configurationRoutes, ...clientRoutes, ...issuerRoutes, ...revocationRoutes, ...vaultRoutes, ...connectionRoutes,
  ...proposalRoutes, ...adminRoutes,
  ...backupRoutes, ...recoveryRoutes, ...breakGlassRoutes, ...personRoutes, ...approvalRoutes, ...quarantineRoutes, ...denialRoutes, ...packageRoutes,
  ...linkRoutes, ...inventoryRoutes, ...fileRoutes, ...registryRoutes, ...requestRoutes, ...knowledgeRoutes, ...redteamRoutes, ...scheduleRoutes,
  ...findingRoutes, ...incidentRoutes, ...exerciseRoutes, ...playbookRoutes,
  ...reviewRoutes,
  ...vendorRoutes,
  ...vendorProbeRoutes,
];
