/** Does work on items, so many at a time, and gives what comes of each as soon as it is done. What fails ends all of it. */
export async function* inParallel<T, R>(items: Iterable<T>, width: number, work: (item: T) => Promise<readonly R[]>): AsyncGenerator<R> {
  const iterator = items[Symbol.iterator]();
  const done: R[] = [];
  let wake = Promise.withResolvers<void>();
  const is = { stopped: false, over: false };
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !is.stopped && next.done !== true; next = iterator.next()) {
      done.push(...(await work(next.value)));
      if (done.length > 0) wake.resolve();
    }
  };
  const all = Promise.all(Array.from({ length: width }, worker)).finally(() => {
    is.over = true;
    wake.resolve();
  });
  // Awaited at the end; until then a failure must not count as nobody's.
  all.catch(() => undefined);
  try {
    while (!is.over || done.length > 0) {
      yield* done.splice(0);
      if (is.over) continue;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
    await all;
  } finally {
    is.stopped = true;
  }
}
