import type { Database } from './database.ts';
import type { OnChange } from './store.ts';

/**
 * Looks at the change counter every `lookMs`, and at once when the database announces a change. The counter decides, so
 * an announcement that is lost (a broken connection) only delays; while the database is away, nothing is called.
 */
export async function watch(database: Database, onChange: OnChange): Promise<() => Promise<void>> {
  const look = async (): Promise<number> => Number((await database.read("SELECT value FROM counter WHERE name = 'change'"))[0]?.['value']);
  let seen = await look();
  let stopped = false;
  let again = Promise.withResolvers<void>();
  const wake = (): void => again.resolve();
  const sleep = await database.awaken?.(wake);
  const loop = async (): Promise<void> => {
    while (!stopped) {
      again = Promise.withResolvers<void>();
      const change = await look().catch(() => seen);
      if (change !== seen && !stopped) {
        seen = change;
        onChange(change);
      }
      const timer = setTimeout(wake, database.lookMs);
      timer.unref();
      await again.promise;
      clearTimeout(timer);
    }
  };
  const running = loop();
  return async () => {
    stopped = true;
    wake();
    await sleep?.();
    await running;
  };
}
