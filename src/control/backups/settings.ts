import { installationReader } from '../manifest/installation.ts';

/** Who can open backups and who may order a recovery. */
export const readBackup = installationReader('backup');
