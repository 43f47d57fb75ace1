import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { noteSilentSensors } from './sensors.ts';

/** Time alone makes things stale and sensors silent. */
export function lookAfterInventory({ inventory, report, ...control }: Control): () => Promise<void> {
  let looking: Promise<void> | undefined;
  let settledAt = 0;
  const look = async (): Promise<void> => {
    await noteSilentSensors(control);
    if (control.now() - settledAt < LIMITS.inventoryLookMs) return;
    settledAt = control.now();
    await inventory.settle();
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => report(`the inventory cannot be looked after: ${error instanceof Error ? error.message : 'unknown'}`))
      .finally(() => {
        looking = undefined;
      });
  }, LIMITS.sensorSilenceLookMs);
  return async () => {
    clearInterval(timer);
    await looking;
    await inventory.close();
  };
}
