import { installationReader } from '../manifest/installation.ts';

/** What runs by itself, and how often. */
export const readSchedule = installationReader('schedule');
