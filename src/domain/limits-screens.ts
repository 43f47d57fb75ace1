/** Limits of what people look at in the console: a part of `LIMITS`. Units last. */
export const SCREEN_LIMITS = {
  /** How long the index of the ledger keeps sums of minutes and of hours, and of who called which server in an hour. */
  activityMinutesKeptMs: 6 * 60 * 60_000,
  activityHoursKeptMs: 92 * 24 * 60 * 60_000,
  edgeHoursKeptMs: 48 * 60 * 60_000,
  /** Points of time in one answer, and agents or servers beside each other; of more those with most calls are shown, the others counted. */
  activityStartsMax: 1_500,
  activityNamesMax: 100,
  /** What waits for a person; all are counted. */
  overviewNeedsMax: 100,
  /** Of one space: groups of findings that are kept apart, and what is kept of each. */
  findingGroupsMax: 5_000,
  /** A group of which nothing was found for so long is let go of; its records stay. */
  findingKeptMs: 180 * 24 * 60 * 60_000,
  findingExchangesMax: 10,
  findingDeedsMax: 50,
  findingDaysShown: 30,
  findingTrendDaysMax: 366,
  findingIncidentsShown: 20,
  findingsShownMax: 1_000,
  findingSuppressedMsMax: 90 * 24 * 60 * 60_000,
  /** Edges of a map; the others are counted. */
  mapEdgesMax: 500,
  /** Of a list of sessions that are filtered by more than one thing: so many are looked at for one page, and for their count. */
  sessionsLookedAtMax: 10_000,
  sessionsCountedMax: 250_000,
  /** Names of agents, and of servers, that a text is looked for in. */
  sessionNamesMax: 5_000,
} as const;
