import type { Facet } from '../domain/detector.ts';
import type { DetectorId, FINDING_RULES, Severity } from '../domain/finding.ts';

/**
 * What one rule of a detector means and which entries of the field's catalogues speak of it: OWASP MCP Top 10 2025
 * (`MCP03`), OWASP Top 10 for Agentic Applications 2026 (`ASI01`), MITRE ATLAS 5.6 (`AML.T0110`), SAFE-MCP (`SAFE-T1001`),
 * CoSAI MCP Security (`MCP-T4`).
 */
export interface Rule {
  readonly severity: Severity;
  /** One sentence, for people who read findings. */
  readonly what: string;
  readonly catalogues: readonly string[];
}

/** A row of the table: what a detector reads, and every rule that it can report. */
export interface DetectorInfo<Id extends DetectorId> {
  readonly facets: readonly Facet[];
  readonly rules: Readonly<Record<(typeof FINDING_RULES)[Id][number], Rule>>;
}
