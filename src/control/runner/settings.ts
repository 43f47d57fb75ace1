import { installationReader } from '../manifest/installation.ts';

/** What is accepted of machines that run local servers. */
export const readRunner = installationReader('runner');
