import { NOTIFY_SHAPE } from '../../registry/notify-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('notify', NOTIFY_SHAPE);

/** How people are told of what is no call that waits. */
export const readNotify = SETTING.read;
/** The installation's: where news of incidents goes is the organisation's to say. */
export const writeNotify = SETTING.write;
