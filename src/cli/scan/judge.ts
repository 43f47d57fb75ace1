import { definitionSubjects } from '../../detect/definitions.ts';
import { excerptOf } from '../../detect/excerpt.ts';
import { createInspector } from '../../detect/inspect.ts';
import { DETECTORS } from '../../detect/table.ts';
import { toxicCombinations } from '../../detect/toxic-combination.ts';
import type { HeldTool, ToxicCombination } from '../../detect/toxic-combination.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import { findShadows } from '../../registry/shadow.ts';
import { showHidden } from '../../domain/hidden.ts';
import { guessLabels } from './labels.ts';
import type { Region } from '../../client-files/read/region.ts';
import { ruleInfo } from './rules.ts';
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
  /** Where it stands in the file that was scanned. */
  readonly region?: Region;
  /** What helps. */
  readonly remedy?: string;
  /** Of a secret: by what the same one is known elsewhere. Salted. */
  readonly fingerprint?: string;
}

const inspect = createInspector(DETECTORS);
/** Excerpts of these would print what must not be printed. */
const UNQUOTED: ReadonlySet<string> = new Set(['secrets', 'payment', 'personal-data', 'health']);
const NAMED_MAX = 5;

/** Every definition detector over the targets, which count as the servers of one agent. */
export function judge(targets: readonly Target[]): readonly ScanFinding[] {
  const servers = targets.filter(({ isAnother }) => isAnother !== true);
  return [...targets.flatMap(inspected), ...servers.flatMap((target) => imitating(target, servers)), ...combined(servers)];
}

export function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function inspected({ name, from, surface, locate }: Target): readonly ScanFinding[] {
  return definitionSubjects(name, surface).flatMap((subject) => {
    const { findings, incomplete } = inspect(subject);
    return [...(incomplete === undefined ? [] : [incomplete]), ...findings].map((finding): ScanFinding => {
      const rule = `${finding.detector}/${finding.rule}`;
      const why = finding.rule === 'poisoned' && finding.seen !== undefined ? ` (${finding.seen})` : '';
      return {
        rule, severity: finding.severity, server: name, from, item: subject.name, at: finding.at,
        message: `${ruleInfo(rule)?.what ?? 'It could not be looked at as a whole.'}${why}`,
        excerpt: UNQUOTED.has(finding.detector) ? '' : showHidden(excerptOf(finding, subject)), ...placeOf(locate, finding.at[0] ?? subject.at),
      };
    });
  });
}

function placeOf(locate: Target['locate'], pointer: string): Pick<ScanFinding, 'region'> {
  const region = locate?.(pointer);
  return region === undefined ? {} : { region };
}

function imitating(target: Target, targets: readonly Target[]): readonly ScanFinding[] {
  const { name, from, surface, locate } = target;
  return findShadows({ id: name, surface }, targets.filter((other) => other !== target).map((other) => ({ id: other.name, surface: other.surface }))).map(
    ({ rule, severity, tool, message }) => ({
      rule, severity, server: name, from, item: tool, at: [], message, excerpt: '',
      ...placeOf(locate, `/tools/${Math.max(0, surface.tools.findIndex((one) => one.name === tool))}`),
    }),
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
