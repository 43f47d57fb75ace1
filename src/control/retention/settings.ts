import { installationReader } from '../manifest/installation.ts';

/** What is said of evidence, for the whole installation. */
export const readAudit = installationReader('audit');
