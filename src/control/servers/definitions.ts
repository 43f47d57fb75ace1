import { definitionSubjects } from '../../detect/definitions.ts';
import { excerptOf } from '../../detect/excerpt.ts';
import type { Kit } from '../../detect/edition/kit.ts';
import { createInspector } from '../../detect/inspect.ts';
import type { Inspect } from '../../detect/inspect.ts';
import { UNINFORMED } from '../../detect/surroundings.ts';
import { DETECTOR_INFO, detectorsWith } from '../../detect/table.ts';
import { modeOf } from '../../domain/detect.ts';
import type { Subject } from '../../domain/detector.ts';
import { SallyportError } from '../../domain/errors.ts';
import { idOf } from '../../domain/finding.ts';
import type { Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Surface } from '../../domain/server.ts';
import { digestOfSurface } from '../../registry/canonical.ts';
import type { DetectShape } from '../../registry/detect-shape.ts';
import { showHidden } from '../../domain/hidden.ts';
import type { Rows } from '../../store/store.ts';
import { readDetectInForce } from '../detect/settings.ts';
import { listStored } from '../stored.ts';
import type { ServerFinding } from './schema.ts';

/** One for each of what detectors were made of. */
const inspectors = new WeakMap<Kit, Inspect>();
/** What hides, and what nobody could look at: exact, and near to never in what honest servers say. Everything else an approver weighs. */
const BLOCKING: ReadonlySet<string> = new Set(['hidden-channels', 'inspect']);
const BLOCKING_RULES: ReadonlySet<string> = new Set(['tool-poisoning/disguised']);
/** Reading a large surface takes seconds of work, showing it should not: what was found in the last few is kept. */
const KEPT_MAX = 32;
const ORDER: readonly ServerFinding['severity'][] = ['block', 'warn', 'info'];
const kept = new Map<string, readonly ServerFinding[]>();

function inspectorOf(kit: Kit): Inspect {
  const known = inspectors.get(kit) ?? createInspector(detectorsWith(UNINFORMED, kit));
  inspectors.set(kit, known);
  return known;
}

/**
 * What detectors find in everything that a server says of itself, for whoever approves it; hidden characters are shown. `kit`: what they are
 * made of, the same as at gateways.
 */
export function inspectSurface(server: string, surface: Surface, kit: Kit): readonly ServerFinding[] {
  const key = `${server} ${digestOfSurface(surface)} ${kit.digest}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  // What blocks comes first: nobody hides it behind a thousand others.
  const inspect = inspectorOf(kit);
  const found = definitionSubjects(server, surface).flatMap((subject) => inspectOne(subject, inspect))
    .toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const findings = found.slice(0, LIMITS.definitionFindingsMax);
  const oldest = kept.size >= KEPT_MAX ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  kept.set(key, findings);
  return findings;
}

function inspectOne(subject: Subject, inspect: Inspect): readonly ServerFinding[] {
  const { findings, incomplete } = inspect(subject);
  return [...(incomplete === undefined ? [] : [incomplete]), ...findings].map((finding) => {
    const said = excerptOf(finding, subject);
    return {
      rule: idOf(finding), severity: weightOf(finding, subject), item: subject.name === '' ? 'instructions' : subject.name,
      message: `${whatIs(finding)}${said === '' ? '' : ` “${showHidden(said)}”`}`,
    };
  });
}

function weightOf(finding: Finding, { facet }: Subject): ServerFinding['severity'] {
  // Honest pages hide parts of themselves until they are wanted.
  if (facet === 'interface' && finding.detector !== 'inspect') return finding.severity === 'info' || finding.severity === 'low' ? 'info' : 'warn';
  if (BLOCKING.has(finding.detector) || BLOCKING_RULES.has(idOf(finding))) return 'block';
  return finding.severity === 'info' || finding.severity === 'low' ? 'info' : 'warn';
}

function whatIs({ detector, rule, severity }: Finding): string {
  const info = Object.entries(DETECTOR_INFO).find(([id]) => id === detector)?.[1];
  const what = Object.entries(info?.rules ?? {}).find(([id]) => id === rule)?.[1].what;
  return `${severity}: ${what ?? 'It could not be looked at as a whole.'}`;
}

/** The same with what was accepted: until when, and with what is to be done about the rest. */
export async function findDefinitions(
  rows: Rows, space: string, id: string, surface: Surface | undefined, now: number, kit: Kit,
): Promise<readonly ServerFinding[]> {
  if (surface === undefined) return [];
  const accepted = await acceptedIn(rows, space, id, now);
  const settings = await readDetectInForce(rows, space);
  return asSet(settings, id, inspectSurface(id, surface, kit)).map((finding) => {
    if (finding.severity !== 'block') return finding;
    const until = accepted.get(finding.rule);
    const stand = until === undefined ? 'it cannot be approved so' : `accepted until ${new Date(until).toISOString()}`;
    return { ...finding, message: `${finding.message}; ${stand}` };
  });
}

/** Throws `ERR_DEFINITION_BLOCKED` with every finding that keeps a server from being approved and that nobody took responsibility for. */
export async function checkDefinitions(rows: Rows, space: string, id: string, surface: Surface, now: number, kit: Kit): Promise<void> {
  const accepted = await acceptedIn(rows, space, id, now);
  const settings = await readDetectInForce(rows, space);
  const open = asSet(settings, id, inspectSurface(id, surface, kit)).filter(({ rule, severity }) => severity === 'block' && !accepted.has(rule));
  if (open.length === 0) return;
  const rules = [...new Set(open.map(({ rule }) => rule))];
  const items = [...new Set(open.map(({ item }) => item ?? ''))].slice(0, NAMED_MAX);
  throw new SallyportError('ERR_DEFINITION_BLOCKED', `what the server says cannot be approved: ${rules.join(', ')} in ${items.map(showHidden).join(', ')}`, {
    remedy: `Have its owner take that out; or accept it for a time: ${
      rules.map((rule) => `sallyport exception add --server ${id} --definition ${rule}`).join('; ')} (see its --help)`,
  });
}

/** What a detector that is off found is not told; one that only looks keeps nobody from anything. */
export function asSet(settings: DetectShape, server: string, findings: readonly ServerFinding[]): readonly ServerFinding[] {
  return findings.flatMap((finding) => {
    const mode = modeOf(settings, server, finding.rule.split('/')[0] ?? '');
    if (mode === 'on') return [finding];
    return mode === 'off' ? [] : [{ ...finding, severity: 'info', message: `(shadow) ${finding.message}` } as const];
  });
}

const NAMED_MAX = 10;

async function acceptedIn(rows: Rows, space: string, server: string, now: number): Promise<ReadonlyMap<string, number>> {
  const until = new Map<string, number>();
  for (const { body: { scope, expiresAt } } of await listStored(rows, 'exception', space)) {
    if (scope.kind !== 'definition' || scope.server !== server || expiresAt <= now) continue;
    until.set(scope.rule, Math.max(expiresAt, until.get(scope.rule) ?? 0));
  }
  return until;
}

/** How often each rule was found, for records: no word of the server's own is in it. */
export function countFindings(findings: readonly ServerFinding[]): JsonObject {
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
