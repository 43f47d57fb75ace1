import { RUNNER_SHAPE } from '../../registry/sandbox-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('runner', RUNNER_SHAPE);

/** What is accepted of machines that run local servers. */
export const readRunner = SETTING.read;
/** The installation's: a server without a sandbox is next to those of every space. */
export const writeRunner = SETTING.write;
