/** A bounded queue between a connection's reader and one exchange: the reader never waits, so a slow call holds up no other. */
export interface Channel<T> {
  /** False when the queue is full; the value is then not taken. */
  push(value: T): boolean;
  /** Ends the iteration after what is queued. */
  end(): void;
  /** Ends the iteration with an error, dropping what is queued. */
  fail(error: unknown): void;
  /** One consumer. */
  values(): AsyncGenerator<T, void, undefined>;
}

export function createChannel<T>(capacity: number): Channel<T> {
  let queue: T[] = [];
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  return {
    push(value) {
      if (isOver) return true;
      if (queue.length >= capacity) return false;
      queue.push(value);
      wake?.();
      return true;
    },
    end() {
      isOver = true;
      wake?.();
    },
    fail(error) {
      if (isOver) return;
      isOver = true;
      failure = { error };
      queue = [];
      wake?.();
    },
    async *values() {
      for (;;) {
        const batch = queue;
        queue = [];
        for (const value of batch) yield value;
        if (failure !== undefined) throw failure.error;
        if (queue.length > 0) continue;
        if (isOver) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    },
  };
}
