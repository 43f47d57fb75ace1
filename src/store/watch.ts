import type { Database } from './database.ts';
import type { OnChange } from './store.ts';

/**
 * Looks at the change counter every `lookMs`, and at once when the database announces a change. The counter decides, so
 * an announcement that is lost (a broken connection) only delays; while the database is away, nothing is called.
 */
export async function watch(database: Database, onChange: OnChange): Promise<() => Promise<void>> {
  const look = async (): Promise<number> => Number((await database.read("SELECT value FROM counter WHERE name = 'change'"))[0]?.['value']);
  let seen = await look();
  let awake = Promise.withResolvers<void>();
  const stop = new AbortController();
  const sleepOn = await database.awaken?.(() => awake.resolve());
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      awake = Promise.withResolvers<void>();
      const change = await look().catch(() => seen);
      if (change !== seen && !stop.signal.aborted) {
        seen = change;
        onChange(change);
      }
      const timer = setTimeout(() => awake.resolve(), database.lookMs);
      timer.unref();
      await awake.promise;
      clearTimeout(timer);
    }
  };
  const running = loop();
  return async () => {
    stop.abort();
    awake.resolve();
    await sleepOn?.();
    await running;
  };
}
