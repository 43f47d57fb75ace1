import type { Head } from '../model.ts';

/** One row of a corpus (`unified.jsonl`, docs/eval.md), as far as the model is trained on it. */
export interface TrainingRow {
  readonly id: string;
  /** 1: an attack. */
  readonly label: 0 | 1;
  readonly kind: string;
  readonly category: string;
  readonly text: string;
  readonly source: string;
  /** The part of the text that makes it an attack, where the corpus says so. */
  readonly poison?: string;
  /** What an injection wants, where the corpus says so. */
  readonly goal?: string;
}

/**
 * What teaches nothing of injections: tools whose stated purpose is evil and code that belies its description (policy's and
 * the sandbox's matter), rules about conduct, and carriers without any word of an instruction's.
 */
const OUTSIDE = new RegExp([
  'asb:attacker-tool', 'asb:opi:(?:naive|escape|fake_completion)', 'cisco:overtly', 'cisco:behavioral',
  'atr:(?:privilege-escalation|model-abuse|skill-compromise|excessive-autonomy|data-poisoning)',
].map((prefix) => `^${prefix}`).join('|'));

/** How much a row teaches a head; 0: nothing. */
export function lesson(head: Head, { label, kind, category }: TrainingRow): number {
  if (label === 0) return kind === 'tool_def' || head !== 'definitions' ? 1 : 0.5;
  if (OUTSIDE.test(category)) return 0;
  if (head === 'definitions') return kind === 'tool_def' ? 1 : 0.3;
  return kind === 'tool_def' ? 0.5 : 1;
}

/** Which head reads what a row is. */
export function headOf({ kind }: Pick<TrainingRow, 'kind'>): Head {
  if (kind === 'tool_def') return 'definitions';
  return kind === 'prompt' ? 'arguments' : 'results';
}

/** Kinds of benign text, each with the same say in what is rare. */
export function stratumOf({ source, category, kind }: Pick<TrainingRow, 'source' | 'category' | 'kind'>): string {
  if (source !== 'oss-docs-code') return `${source} ${kind}`;
  return category.startsWith('docs:') ? 'docs' : 'code';
}
