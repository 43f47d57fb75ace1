import type { Detector, Sight } from '../../domain/detector.ts';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Finding, Severity } from '../../domain/finding.ts';
import { createInspector } from '../../detect/inspect.ts';
import { detectorsWith } from '../../detect/table.ts';
import { UNINFORMED } from '../../detect/surroundings.ts';
import { createTextModel, excessOf } from '../../detect/text-model.ts';
import type { TextModel } from '../../detect/text-model/model.ts';
import type { EvalRow } from './rows.ts';
import { subjectOf } from './subject.ts';

/** The one operating point: from which severity on a finding of a detector calls a text an attack. Others find what is no attack by itself. */
export const OPERATING: Readonly<Record<string, Severity>> = { 'hidden-channels': 'medium', 'tool-poisoning': 'high', instructions: 'medium',
  'text-model': 'medium' };

export interface Outcome {
  readonly flagged: boolean;
  /** Whether a rule found it, without any score. */
  readonly byRule: boolean;
  /** Whether the text model tells it. */
  readonly byModel: boolean;
  /** Whether it is longer than the text model reads. That is said; it calls nothing an attack. */
  readonly partlyRead: boolean;
  /** Whether a finding is `high` or `critical`: what shipped policies may refuse for. */
  readonly grave: boolean;
  readonly rules: readonly string[];
  /** Above 0: the text model tells it. For operating points other than the one that ships. */
  readonly excess: number;
  readonly ms: number;
}

export type Judge = (row: EvalRow) => Outcome;

/** Judges rows by the detectors named, with these weights. Throws when a detector was not asked, none reads what a row is, or an inspection is incomplete. */
export function createJudge(ids: readonly string[], model: TextModel, cpuMs: () => number = cpu): Judge {
  const asked = new Set<string>();
  let seen: Sight | undefined;
  const chosen = detectorsWith(UNINFORMED).filter(({ id }) => ids.includes(id)).map((one) => counted(one.id === 'text-model' ? createTextModel(model) : one,
    asked));
  const inspect = createInspector([...chosen, watcher((sight) => { seen = sight; })]);
  return (row) => {
    asked.clear();
    seen = undefined;
    const subject = subjectOf(row);
    const began = cpuMs();
    const { findings, incomplete } = inspect(subject);
    const ms = cpuMs() - began;
    const why = incomplete === undefined ? '' : ` (${incomplete.rule})`;
    const silent = chosen.filter(({ id, facets }) => facets.includes(subject.facet) && !asked.has(id));
    if (incomplete !== undefined || silent.length > 0 || asked.size === 0 || seen === undefined) {
      throw new SallyportError('ERR_EVAL_NOT_RUN',
        `row ${row.id} of ${row.source} was not looked at by ${(silent.length > 0 ? silent.map(({ id }) => id) : ids).join(', ')}${why}`, {
        remedy: 'A figure over rows that nothing looked at is none. Leave the row out, name a detector that reads its kind, or raise the limit that it meets.',
      });
    }
    const excess = ids.includes('text-model') ? (excessOf(seen, model) ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
    return { ...outcomeOf(findings), excess, ms };
  };
}

function outcomeOf(findings: readonly Finding[]): Omit<Outcome, 'excess' | 'ms'> {
  const telling = findings.filter(({ detector, rule, severity }) => rule !== 'unread' && atLeast(severity, OPERATING[detector]));
  return {
    flagged: telling.length > 0,
    byRule: telling.some(({ detector }) => detector !== 'text-model'),
    byModel: telling.some(({ detector }) => detector === 'text-model'),
    partlyRead: findings.some(({ rule }) => rule === 'unread'),
    grave: telling.some(({ severity }) => atLeast(severity, 'high')),
    rules: [...new Set(telling.map(({ detector, rule }) => `${detector}/${rule}`))],
  };
}

function atLeast(severity: Severity, least: Severity | undefined): boolean {
  return least !== undefined && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

function counted(detector: Detector, asked: Set<string>): Detector {
  return {
    ...detector,
    detect: (sight) => {
      asked.add(detector.id);
      return detector.detect(sight);
    },
  };
}

/** Finds nothing; sees what the others saw. */
function watcher(see: (sight: Sight) => void): Detector {
  const detect: Detector['detect'] = (sight) => {
    see(sight);
    return [];
  };
  return { id: 'watcher', facets: ['definition', 'argument', 'result'], detect };
}

/** CPU of this process so far, in milliseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
