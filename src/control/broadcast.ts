/** Tells any number of watchers that something changed. What changed they look up themselves, so a slow one skips to the newest. */
export interface Broadcast {
  readonly notify: () => void;
  /** How many watch now. */
  readonly watchers: number;
  /** Yields at once, then after each change, until the signal aborts. */
  watch(signal: AbortSignal): AsyncGenerator<void>;
}

export function createBroadcast(): Broadcast {
  const wakers = new Set<() => void>();
  return {
    notify: () => {
      for (const wake of wakers) wake();
    },
    get watchers() {
      return wakers.size;
    },
    watch: async function* watch(signal) {
      let { promise: changed, resolve: wake } = Promise.withResolvers<void>();
      const onChange = (): void => wake();
      wakers.add(onChange);
      signal.addEventListener('abort', onChange);
      try {
        while (!signal.aborted) {
          ({ promise: changed, resolve: wake } = Promise.withResolvers<void>());
          yield;
          if (signal.aborted) return;
          await changed;
        }
      } finally {
        wakers.delete(onChange);
        signal.removeEventListener('abort', onChange);
      }
    },
  };
}
