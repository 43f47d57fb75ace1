import { installationReader } from '../manifest/installation.ts';

/** How people approve, and who is asked. */
export const readApprovals = installationReader('approvals');
