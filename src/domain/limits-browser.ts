/** Limits of what the console is served and told: a part of `LIMITS`. Units last. */
export const BROWSER_LIMITS = {
  /** What was built of it, in all: more is no console of ours. */
  consoleBytesMax: 32 * 1024 * 1024,
  consoleFilesMax: 1_000,
} as const;
