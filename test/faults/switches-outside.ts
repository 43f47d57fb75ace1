import type { Switch } from './switch.ts';
import { SENSORS_OUTSIDE } from './switches-sensors.ts';
import { INVENTORY } from './switches-inventory.ts';
import { HOST_FILES } from './switches-host-files.ts';
import { FILES } from './switches-files.ts';
import { KNOWN_OUTSIDE } from './switches-known.ts';
import { LOGS } from './switches-logs.ts';
import { REGISTRY } from './switches-registry.ts';
import { CLIENT_FILES } from './switches-client-files.ts';

/** What keeps order outside the gate: sensors, correlation, files of clients sealed, watched and enforced, the registry service, what ages. */
export const OUTSIDE: readonly Switch[] = [
  ...CLIENT_FILES,
  ...INVENTORY,
  ...FILES,
  ...HOST_FILES,
  ...KNOWN_OUTSIDE,
  ...SENSORS_OUTSIDE,
  ...LOGS,
  ...REGISTRY,
];
