import type { Check } from '../item.ts';
import { access } from './access.ts';
import { advisory } from './advisory.ts';
import { classification } from './classification.ts';
import { attestationDue, exerciseDue, expiring, retiringAuthentication } from './due.ts';
import { configurationAudit, denyList, silentSensor, unsealedFile } from './hosts.ts';
import { deadEndpoint, ownerGone, unusedServer } from './orphaned.ts';
import { outdatedRevision, outdatedSdk, outdatedServer, retiringFeature } from './outdated.ts';
import { staleApproval } from './stale-approval.ts';
import { staleException } from './stale-exception.ts';
import { unusedAccess } from './unused-access.ts';
import { wildcardGrant } from './wildcard-grant.ts';

/** Every check of a campaign. A check that is not here looks at nothing. */
export const CHECKS: readonly Check[] = [
  access, unusedAccess, wildcardGrant, staleApproval, staleException, outdatedServer, outdatedSdk, outdatedRevision, retiringFeature, advisory, ownerGone,
  unusedServer, deadEndpoint, classification, attestationDue, exerciseDue, denyList, silentSensor, unsealedFile, configurationAudit, retiringAuthentication,
  expiring,
];
