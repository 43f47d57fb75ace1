import { installationReader } from '../manifest/installation.ts';

/** How people are told of what is no call that waits. */
export const readNotify = installationReader('notify');
