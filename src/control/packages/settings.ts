import { installationReader } from '../manifest/installation.ts';

/** Where packages come from. */
export const readPackages = installationReader('packages');
