/**
 * Does something again and again, never twice at once. What fails is told in one line, and tried again the next time. Gives what
 * ends it: that waits for what is under way.
 */
export function every(ms: number, look: () => Promise<unknown>, tell: (why: string) => void): () => Promise<void> {
  let looking: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    looking ??= look().catch((error: unknown) => tell(error instanceof Error ? error.message : 'unknown')).finally(() => {
      looking = undefined;
    });
  }, ms);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
