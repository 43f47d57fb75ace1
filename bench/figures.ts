import type { LoadResult } from './load.ts';

/** The figures of one target at one number of connections: medians over the rounds, and the rounds themselves. */
export interface Row {
  readonly target: string;
  readonly label: string;
  readonly transport: 'plaintext' | 'tls';
  readonly connections: number;
  readonly cpuUsPerCall: number;
  readonly parts: readonly { readonly name: string; readonly cpuUsPerCall: number; readonly rssBytes: number }[];
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
  readonly calls: number;
  readonly rounds: readonly LoadResult[];
}

/** A further figure: what was measured, in words, and whether it meets what the issue asks. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: string;
  readonly met?: boolean;
}

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly options: Readonly<Record<string, string | number | readonly number[]>>;
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  /** Targets and sections that could not be measured, and why: an absent figure is never silent. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function summarise(target: Pick<Row, 'target' | 'label' | 'transport' | 'connections'>, rounds: readonly LoadResult[]): Row {
  const names = rounds[0]?.parts.map((part) => part.name) ?? [];
  const parts = names.map((name, index) => ({
    name,
    cpuUsPerCall: median(rounds.map((round) => round.parts[index]?.cpuUsPerCall ?? 0)),
    rssBytes: median(rounds.map((round) => round.parts[index]?.rssBytes ?? 0)),
  }));
  return {
    ...target,
    // The sum within each round first, then the median: the parts' medians need not be of one round.
    cpuUsPerCall: median(rounds.map((round) => sum(round.parts.map((part) => part.cpuUsPerCall)))),
    parts,
    callsPerSecond: median(rounds.map((round) => round.callsPerSecond)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    rssBytes: median(rounds.map((round) => sum(round.parts.map((part) => part.rssBytes)))),
    calls: sum(rounds.map((round) => round.calls)),
    rounds,
  };
}
