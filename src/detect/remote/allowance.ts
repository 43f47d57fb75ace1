import { LIMITS } from '../../domain/limits.ts';

/** What stands between messages and a judge outside: how much may be asked, and whether it is worth asking at all. */
export interface Allowance {
  /** Whether so many bytes may be sent now; they are counted then. */
  take(bytes: number): boolean;
  answered(): void;
  failed(): void;
}

const MINUTE_MS = 60_000;

/** After so many failures in a row nobody is asked for a time; then one is, and on its answer it depends. */
export function createAllowance({ perMinute, bytesPerMinute }: { readonly perMinute: number; readonly bytesPerMinute: number }, now: () => number): Allowance {
  let [since, asked, sent] = [0, 0, 0];
  let [failures, until] = [0, 0];
  return {
    take(bytes) {
      const at = now();
      if (at < until) return false;
      if (at - since >= MINUTE_MS) [since, asked, sent] = [at, 0, 0];
      if (asked >= perMinute || sent + bytes > bytesPerMinute) return false;
      asked += 1;
      sent += bytes;
      // Whoever comes while one tries whether it answers again waits for what comes of that.
      if (failures >= LIMITS.remoteJudgeFailuresMax) until = at + LIMITS.remoteJudgeHoldMs;
      return true;
    },
    answered() {
      [failures, until] = [0, 0];
    },
    failed() {
      failures += 1;
      if (failures >= LIMITS.remoteJudgeFailuresMax) until = now() + LIMITS.remoteJudgeHoldMs;
    },
  };
}
