import { installationReader } from '../manifest/installation.ts';

/** What is told of telemetry, and where it goes. */
export const readTelemetry = installationReader('telemetry');
