import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { every } from '../every.ts';
import { noteSilentSensors } from './sensors.ts';

/** Time alone makes things stale and sensors silent. */
export function lookAfterInventory({ inventory, report, ...control }: Control): () => Promise<void> {
  let settledAt = 0;
  const look = async (): Promise<void> => {
    await noteSilentSensors(control);
    if (control.now() - settledAt < LIMITS.inventoryLookMs) return;
    settledAt = control.now();
    await inventory.settle();
  };
  const end = every(LIMITS.sensorSilenceLookMs, look, (why) => report(`the inventory cannot be looked after: ${why}`));
  return async () => {
    await end();
    await inventory.close();
  };
}
