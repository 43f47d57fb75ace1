import { SCHEDULE_SHAPE } from '../../registry/schedule-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('schedule', SCHEDULE_SHAPE);

/** What runs by itself, and how often. */
export const readSchedule = SETTING.read;
export const writeSchedule = SETTING.write;
