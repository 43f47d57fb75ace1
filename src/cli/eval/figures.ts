/** A share with its two intervals, 95 %: of so many rows (Wilson), and of so many groups of near-duplicates (percentile bootstrap). */
export interface Rate {
  readonly rows: number;
  readonly groups: number;
  readonly flagged: number;
  readonly share: number;
  /** Each group counts once, by the share of it that is flagged. */
  readonly byGroup: number;
  readonly wilson: readonly [number, number];
  readonly bootstrap: readonly [number, number];
}

/** One row: whether it is flagged, and the group of near-duplicates that it belongs to. */
export interface Judged {
  readonly flagged: boolean;
  readonly group: number;
}

export function rateOf(judged: readonly Judged[]): Rate {
  const groups = new Map<number, { size: number; flagged: number }>();
  for (const { flagged, group } of judged) {
    const known = groups.get(group) ?? { size: 0, flagged: 0 };
    groups.set(group, { size: known.size + 1, flagged: known.flagged + (flagged ? 1 : 0) });
  }
  const flagged = judged.filter((one) => one.flagged).length;
  const all = [...groups.values()];
  const byGroup = all.reduce((sum, one) => sum + one.flagged / one.size, 0) / Math.max(1, all.length);
  return {
    rows: judged.length, groups: groups.size, flagged, share: flagged / Math.max(1, judged.length), byGroup,
    wilson: wilson(flagged, judged.length), bootstrap: bootstrap(all),
  };
}

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959964;

/** Wilson's score interval (1927) of a share. */
export function wilson(flagged: number, rows: number): readonly [number, number] {
  if (rows === 0) return [0, 1];
  const share = flagged / rows;
  const middle = share + (Z * Z) / (2 * rows);
  const half = Z * Math.sqrt((share * (1 - share)) / rows + (Z * Z) / (4 * rows * rows));
  const over = 1 + (Z * Z) / rows;
  return [Math.max(0, (middle - half) / over), Math.min(1, (middle + half) / over)];
}

const RESAMPLES = 400;
const SEED = 20_261_123;

/** Groups are drawn anew, rows stay with their group: rows of one template are no independent evidence. */
function bootstrap(groups: readonly { readonly size: number; readonly flagged: number }[]): readonly [number, number] {
  if (groups.length < 2) return [0, 1];
  let state = SEED;
  const shares: number[] = [];
  for (let sample = 0; sample < RESAMPLES; sample += 1) {
    let [rows, flagged] = [0, 0];
    for (let draw = 0; draw < groups.length; draw += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const one = groups[Math.floor((state / 2 ** 32) * groups.length)];
      rows += one?.size ?? 0;
      flagged += one?.flagged ?? 0;
    }
    shares.push(flagged / Math.max(1, rows));
  }
  shares.sort((one, other) => one - other);
  return [shares[Math.floor(RESAMPLES * 0.025)] ?? 0, shares[Math.ceil(RESAMPLES * 0.975) - 1] ?? 1];
}

/** The score above which so many of the benign are: ties count as above. */
export function thresholdAt(benign: readonly number[], share: number): number {
  const sorted = benign.toSorted((one, other) => other - one);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NEGATIVE_INFINITY;
}

/** The value below which a share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
