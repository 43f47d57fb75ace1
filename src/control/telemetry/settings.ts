import { TELEMETRY_SHAPE } from '../../registry/telemetry-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('telemetry', TELEMETRY_SHAPE);

/** What is told of telemetry, and where it goes. */
export const readTelemetry = SETTING.read;
/** The installation's: spans of every space go where this says. */
export const writeTelemetry = SETTING.write;
