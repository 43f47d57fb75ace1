/** Time as the pacer has it; tests give their own. */
export interface PaceClock {
  /** Milliseconds, only ever rising. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Whoever is about to say something on the network waits for its turn first. */
export type Turn = (address: string) => Promise<void>;

/** Gives turns at most so often in all, and so often to each address: evenly, never in bursts. */
export function createPacer({ perSecond, perHostPerSecond }: { readonly perSecond: number; readonly perHostPerSecond: number }, clock: PaceClock): Turn {
  const nextOf = new Map<string, number>();
  let next = 0;
  return async (address) => {
    const host = Math.max(clock.now(), nextOf.get(address) ?? 0);
    nextOf.set(address, host + 1000 / perHostPerSecond);
    if (host > clock.now()) await clock.sleep(host - clock.now());
    const all = Math.max(clock.now(), next);
    next = all + 1000 / perSecond;
    if (all > clock.now()) await clock.sleep(all - clock.now());
  };
}
