import { z } from 'zod';
import type { VendorStanding } from '../../domain/server.ts';
import { dueOf, type Attested } from '../attest.ts';
import { SCORE_INPUT, type ScoreInput } from '../score/input.ts';
import { scoreOf, type Score } from '../score/score.ts';

/** What is said of one vendor to whoever decides about it: everything that went into the score is in it. */
export interface VendorReport {
  readonly format: 'sallyport/vendor-report/1';
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly purpose: string;
  readonly tier: string;
  readonly endpoints: readonly string[];
  readonly servers: readonly string[];
  readonly data: string;
  readonly contacts: readonly string[];
  /** Epoch ms. */
  readonly at: number;
  readonly standing: VendorStanding;
  readonly due: { readonly at?: number; readonly why: string };
  readonly events: readonly { readonly event: string; readonly at: number; readonly note: string }[];
  readonly score: Score;
  readonly input: ScoreInput;
}

export interface Reported extends Omit<VendorReport, 'format' | 'score' | 'due'> {
  readonly attested: Attested;
}

export function reportOf({ attested, ...known }: Reported): VendorReport {
  return { format: 'sallyport/vendor-report/1', ...known, due: dueOf(attested), score: scoreOf(known.input) };
}

/** `2026-11-23`. */
export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** What holds of the standing now, in one line. */
export function standingText({ standing, due, at }: Pick<VendorReport, 'standing' | 'due' | 'at'>): string {
  if (due.at === undefined) return `No valid disclosure: ${due.why}. Only reading of public data is let through.`;
  if (due.at <= at) return `No valid disclosure since ${dayText(due.at)}: ${due.why}. Only reading of public data is let through.`;
  const since = standing.attestedAt === undefined ? '' : ` Vouched for on ${dayText(standing.attestedAt)}.`;
  return `Disclosed until ${dayText(due.at)} (${due.why}).${since}`;
}

/**
 * Comes to the score anew, by what a report says went into it. Undefined: it is no report of a vendor. `isSame`: its score is the one that
 * follows from its inputs.
 */
export function recompute(report: unknown): { readonly score: Score; readonly isSame: boolean } | undefined {
  const read = RECOMPUTED.safeParse(report, { reportInput: false });
  if (!read.success) return undefined;
  const score = scoreOf(read.data.input);
  return { score, isSame: Bun.deepEquals(JSON.parse(JSON.stringify(score)), read.data.score) };
}

const RECOMPUTED = z.object({ format: z.literal('sallyport/vendor-report/1'), input: SCORE_INPUT, score: z.unknown() });
