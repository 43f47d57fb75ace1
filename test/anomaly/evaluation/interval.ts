import { random } from '../generator/random.ts';

/** Ends of a 95 % confidence interval. */
export type Interval = readonly [number, number];

/** Of a share, `hits` of `total` (Wilson's score interval, 1927). */
export function wilson(hits: number, total: number): Interval {
  if (total === 0) return [0, 1];
  const [z, share] = [1.96, hits / total];
  const centre = share + (z * z) / (2 * total);
  const half = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  const scale = 1 + (z * z) / total;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

/**
 * Of the sum of counts over the sum of exposures. Findings of one agent come together, so agents are drawn again, not findings
 * (cluster bootstrap, Efron's percentiles, 2,000 draws from a fixed seed). Where nothing was found, the rule of three.
 */
export function rateInterval(clusters: readonly { readonly count: number; readonly exposure: number }[]): Interval {
  const exposure = clusters.reduce((sum, cluster) => sum + cluster.exposure, 0);
  if (clusters.every(({ count }) => count === 0)) return [0, 3 / exposure];
  const from = random('bootstrap');
  const draws = Array.from({ length: 2_000 }, () => {
    let [count, months] = [0, 0];
    for (let index = 0; index < clusters.length; index += 1) {
      const drawn = clusters[Math.floor(from.next() * clusters.length)];
      count += drawn?.count ?? 0;
      months += drawn?.exposure ?? 0;
    }
    return count / months;
  }).sort((one, other) => one - other);
  return [draws[50] ?? 0, draws[1_949] ?? 0];
}

export function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)];
}
