import { adopt } from './discover/adopt.ts';
import { code } from './discover/code.ts';
import { host } from './discover/host.ts';
import { inventory } from './discover/inventory.ts';
import { logs } from './discover/logs.ts';
import { network } from './discover/network.ts';
import { watch } from './discover/watch.ts';
import { commandOf } from './verbs.ts';

/** Each verb in a file of its own in `discover/`; what it needs that is large is loaded when it runs. */
export const command = commandOf('discover', 'Find the servers and clients that are here, and which of them go around the gate', {
  host,
  network,
  logs,
  code,
  inventory,
  watch,
  adopt,
});
