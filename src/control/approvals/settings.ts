import { APPROVALS_SHAPE } from '../../registry/approval-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('approvals', APPROVALS_SHAPE);

/** How people approve, and who is asked. */
export const readApprovals = SETTING.read;
/** The installation's: who may approve alone is the organisation's to say. */
export const writeApprovals = SETTING.write;
