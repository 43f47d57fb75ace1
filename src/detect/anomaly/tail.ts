/** Tail probabilities as scores: `-ln P(at least this much)`, so 0 is nothing special and 7 is one in a thousand. */

/**
 * How rare a count of at least `seen` is under a negative binomial of this mean and overdispersion (variance = mean +
 * overdispersion × mean²): the Chernoff bound (Chernoff, 1952), which is closed, cheap, and never makes it rarer than it is.
 */
export function countScore(seen: number, mean: number, overdispersion: number): number {
  if (!(seen > mean)) return 0;
  const expected = Math.max(mean, 1e-6);
  if (overdispersion < 1e-6) return seen * Math.log(seen / expected) - (seen - expected);
  const size = 1 / overdispersion;
  return seen * Math.log(seen / expected) - (seen + size) * Math.log((seen + size) / (expected + size));
}

/**
 * How rare a value of at least `deviations` is under Student's t: turned into a normal deviate (Wallace, 1959), then into a tail
 * (the asymptotic series of Mills' ratio beyond 1; below, nobody asks).
 */
export function studentScore(deviations: number, freedom: number): number {
  if (!(deviations > 1)) return 0;
  const wide = Math.max(freedom, 1);
  const normal = ((8 * wide + 1) / (8 * wide + 3)) * Math.sqrt(wide * Math.log1p((deviations * deviations) / wide));
  return normalScore(normal);
}

function normalScore(deviate: number): number {
  if (!(deviate > 0.5)) return 0;
  // Birnbaum's bound (1942): within 2 % of Mills' ratio from 1 on.
  return (deviate * deviate) / 2 + Math.log((deviate + Math.sqrt(deviate * deviate + 4)) * 1.2533141373155003);
}
