import { definitionSubjects } from '../../detect/definitions.ts';
import { excerptOf } from '../../detect/excerpt.ts';
import { createInspector } from '../../detect/inspect.ts';
import { DETECTOR_INFO, DETECTORS } from '../../detect/table.ts';
import { toxicCombinations } from '../../detect/toxic-combination.ts';
import type { HeldTool, ToxicCombination } from '../../detect/toxic-combination.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import { findShadows } from '../../registry/shadow.ts';
import { showHidden } from '../../registry/text.ts';
import { guessLabels } from './labels.ts';
import type { Target } from './target.ts';

/** One finding of a scan, for people and machines. What it quotes is safe to show. */
export interface ScanFinding {
  /** `<detector>/<rule>`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly server: string;
  readonly from: string;
  /** Tool, prompt or template; '' for the server as a whole. */
  readonly item: string;
  /** JSON pointers into `{instructions, tools, prompts, resourceTemplates}`. */
  readonly at: readonly string[];
  readonly message: string;
  readonly excerpt: string;
}

export interface RuleInfo {
  readonly severity: Severity;
  readonly what: string;
  readonly catalogues: readonly string[];
}

const inspect = createInspector(DETECTORS);
/** Excerpts of these would print what must not be printed. */
const UNQUOTED: ReadonlySet<string> = new Set(['secrets', 'payment', 'personal-data', 'health']);
const NAMED_MAX = 5;

/** Every definition detector over the targets, which count as the servers of one agent. Worst first. */
export function judge(targets: readonly Target[]): readonly ScanFinding[] {
  return [...targets.flatMap(inspected), ...targets.flatMap((target) => imitating(target, targets)), ...combined(targets)].toSorted(
    (a, b) => rankOf(b.severity) - rankOf(a.severity),
  );
}

export function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** What a rule of a finding means. */
export function ruleInfo(id: string): RuleInfo | undefined {
  const [detector = '', rule = ''] = id.split('/');
  const info = Object.entries(DETECTOR_INFO).find(([name]) => name === detector)?.[1];
  return Object.entries<RuleInfo>(info?.rules ?? {}).find(([name]) => name === rule)?.[1];
}

function inspected({ name, from, surface }: Target): readonly ScanFinding[] {
  return definitionSubjects(name, surface).flatMap((subject) => {
    const { findings, incomplete } = inspect(subject);
    return [...(incomplete === undefined ? [] : [incomplete]), ...findings].map((finding): ScanFinding => {
      const rule = `${finding.detector}/${finding.rule}`;
      const why = finding.rule === 'poisoned' && finding.seen !== undefined ? ` (${finding.seen})` : '';
      return {
        rule, severity: finding.severity, server: name, from, item: subject.name, at: finding.at,
        message: `${ruleInfo(rule)?.what ?? 'It could not be looked at as a whole.'}${why}`,
        excerpt: UNQUOTED.has(finding.detector) ? '' : showHidden(excerptOf(finding, subject)),
      };
    });
  });
}

function imitating(target: Target, targets: readonly Target[]): readonly ScanFinding[] {
  const { name, from, surface } = target;
  return findShadows({ id: name, surface }, targets.filter((other) => other !== target).map((other) => ({ id: other.name, surface: other.surface }))).map(
    ({ rule, severity, tool, message }) => ({ rule, severity, server: name, from, item: tool, at: [], message, excerpt: '' }),
  );
}

/** By the effects and labels that names and annotations suggest: nobody confirmed them, so this is a hint at what to look at. */
function combined(targets: readonly Target[]): readonly ScanFinding[] {
  const held = targets.flatMap(({ name, surface }) =>
    surface.tools.map((tool): HeldTool => ({ server: name, tool: tool.name, effect: tool.effect, labels: guessLabels(tool.definition) })));
  return toxicCombinations(held).map((combination) => {
    const rule = `toxic-combination/${combination.rule}`;
    return {
      rule, severity: ruleInfo(rule)?.severity ?? 'medium', server: targets.map(({ name }) => name).join(', '), from: targets[0]?.from ?? '', item: '', at: [],
      message: describe(combination), excerpt: '',
    };
  });
}

function describe({ untrusted, sensitive, effects, cut }: ToxicCombination): string {
  const parts = [['reads what anybody may write', untrusted], ['reads what is not public', sensitive], ['acts outside', effects],
    ['smallest cut', cut]] as const;
  return parts.filter(([, tools]) => tools.length > 0).map(([what, tools]) => `${what}: ${namesOf(tools)}`).join('; ');
}

function namesOf(tools: readonly HeldTool[]): string {
  const names = tools.slice(0, NAMED_MAX).map(({ server, tool }) => showHidden(`${server}/${tool}`));
  return `${names.join(', ')}${tools.length > NAMED_MAX ? ` and ${tools.length - NAMED_MAX} more` : ''}`;
}
