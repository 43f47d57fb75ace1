/** Where the time of an exchange went, by stage of the path. */
export interface Stages {
  /** The stage that ends now: what passed since the last mark is its. */
  mark(stage: 'identify' | 'resolve' | 'decide' | 'record' | 'upstream'): void;
  /** Whole microseconds, by stage. */
  taken(): Readonly<Record<string, number>>;
}

export function createStages(): Stages {
  const stages: Record<string, number> = {};
  let since = performance.now();
  return {
    mark(stage) {
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + Math.round((now - since) * 1_000);
      since = now;
    },
    taken: () => ({ ...stages }),
  };
}
