import type { Role } from '../domain/role.ts';

/** Tells any number of watchers that something changed. What changed they look up themselves, so a slow one skips to the newest. */
export interface Broadcast {
  readonly notify: () => void;
  /** How many of that role watch now. */
  watchers(role: Role): number;
  /** Yields at once, then after each change, until the signal aborts. */
  watch(role: Role, signal: AbortSignal): AsyncGenerator<void>;
}

export function createBroadcast(): Broadcast {
  const wakers = new Map<() => void, Role>();
  return {
    notify: () => {
      for (const wake of wakers.keys()) wake();
    },
    watchers: (role) => [...wakers.values()].filter((one) => one === role).length,
    watch: async function* watch(role, signal) {
      let { promise: changed, resolve: wake } = Promise.withResolvers<void>();
      const onChange = (): void => wake();
      wakers.set(onChange, role);
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
