/** Limits of what the console is served and told: a part of `LIMITS`. Units last. */
export const BROWSER_LIMITS = {
  /** What was built of it, in all: more is no console of ours. */
  consoleBytesMax: 32 * 1024 * 1024,
  consoleFilesMax: 1_000,
  /** Live streams, of one person and of all at one control. A browser opens six connections to a host. */
  livePersonStreamsMax: 4,
  liveStreamsMax: 200,
  /** Records that wait for one stream: what comes beyond is counted and left out. */
  liveRecordsMax: 250,
  liveTextCharsMax: 300,
  /** How often one stream is written to, and told the same topic. */
  liveFlushMs: 250,
  liveTopicMs: 1_000,
  /** What is on record is done a moment later. */
  liveAgainMs: 1_500,
  liveBeatMs: 15_000,
} as const;
