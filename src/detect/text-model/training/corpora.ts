import type { TrainingRow } from './rows.ts';

/** The corpora whose rows may be learnt from: their licences allow that weights made of them are given away (docs/model-card.md). */
export const TRAINING_SOURCES = [
  'agentdojo', 'asb', 'atr', 'bfcl', 'cisco-mcp-scanner-evals', 'composed-tpa', 'deepset', 'docker-mcp-registry', 'garak', 'hardneg-agent-instructions',
  'oss-docs-code', 'spikee', 'tau-bench',
] as const;

const SOURCES: ReadonlySet<string> = new Set(TRAINING_SOURCES);

/** Rows that may be learnt from, in the one order that training knows: by source, then as they stand. */
export function trainable(rows: readonly TrainingRow[]): readonly TrainingRow[] {
  return TRAINING_SOURCES.flatMap((source) => rows.filter((row) => row.source === source && SOURCES.has(row.source)));
}
