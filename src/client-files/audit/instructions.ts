import type { Finding, Severity } from '../../domain/finding.ts';
import { showHidden } from '../../domain/hidden.ts';
import { found } from './rules.ts';
import type { AuditFinding } from './rules.ts';

/** What detectors see in a text that an agent is to obey. Its owner may give orders; they are looked for as a stranger's. */
export interface InstructionSight {
  readonly findings: readonly Finding[];
  /** Not all of it was looked at. */
  readonly isIncomplete: boolean;
}

/** Signs that people who instruct their own agents give, too: each alone is a hint, two together are news. */
const HINTS: ReadonlySet<string> = new Set(['tool-poisoning/conceal', 'tool-poisoning/exfiltrate', 'hidden-channels/markup-comment', 'secrets/assigned']);
/** Those of the detector of poisoned definitions that mean the same in a text; the others are what every instruction says. */
const MEANT: ReadonlySet<string> = new Set(['conceal', 'exfiltrate', 'disguised']);

/** `says`: what a rule of a detector means. */
export function instructionFindings(
  file: string, { findings, isIncomplete }: InstructionSight, says: (rule: string) => string | undefined,
): readonly AuditFinding[] {
  const signs = findings.filter(({ detector, rule, severity }) => severity !== 'info' && (detector !== 'tool-poisoning' || MEANT.has(rule)));
  const orders = signs.filter(({ detector }) => detector !== 'secrets');
  const kinds = new Set(orders.map(({ detector, rule }) => (detector === 'tool-poisoning' ? `${detector}/${rule}` : detector)));
  const each = signs.map(({ detector, rule, severity }): AuditFinding => {
    const id = `${detector}/${rule}`;
    const low: Severity = HINTS.has(id) ? 'low' : severity;
    return { rule: id, severity: low, file, server: '', at: [], message: says(id) ?? id, remedy: 'Read it, with hidden characters shown' };
  });
  return [
    ...(kinds.size < 2 ? [] : [found('instructions/steered', { file }, showHidden([...kinds].join(', ')))]), ...each,
    ...(isIncomplete ? [found('file/unread', { file }, 'not all of it was inspected')] : []),
  ];
}
