/** Waits, but not longer than until the signal aborts. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const onAbort = (): void => resolve();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  signal.removeEventListener('abort', onAbort);
  clearTimeout(timer);
}
