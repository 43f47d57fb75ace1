import { BACKUP_SHAPE } from '../../registry/backup-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('backup', BACKUP_SHAPE);

/** Who can open backups and who may order a recovery. */
export const readBackup = SETTING.read;
/** The installation's: an archive holds every space. */
export const writeBackup = SETTING.write;
