import { within } from './database.ts';

/** Runs pieces of work one after the other, in the order of asking. */
export interface Queue {
  /** `ERR_STORE_UNAVAILABLE` when the work's turn does not come in time; then it never runs. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createQueue(timeoutMs: number): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: async (work) => {
      const turn = last;
      const { promise: done, resolve: finish } = Promise.withResolvers<void>();
      last = turn.then(() => done);
      try {
        await within(timeoutMs, turn);
        return await work();
      } finally {
        finish();
      }
    },
  };
}
