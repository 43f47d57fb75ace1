/** Conditions on the time, epoch ms: `since` inclusive, `until` exclusive. */
export function timesOf(since: number | undefined, until: number | undefined): readonly string[] {
  return [...(since === undefined ? [] : [`at >= ${since}`]), ...(until === undefined ? [] : [`at < ${until}`])];
}
