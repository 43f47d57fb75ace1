import type { Detector, Sight, View } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { Report } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import { createKnown } from './secrets/known.ts';
import { secretsIn as shipped } from './secrets/rules.ts';
import type { SecretsIn } from './secrets/rules.ts';
import type { Surroundings } from './surroundings.ts';

const LEAKING = ['MCP01', 'MCP10', 'ASI03', 'AML.T0055', 'AML.T0098', 'SAFE-T1503', 'MCP-T5'] as const;

export const info = {
  facets: ['definition', 'instructions', 'argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    'known-secret': { severity: 'critical', what: 'A secret of the vault, whole or in pieces.', catalogues: LEAKING },
    canary: { severity: 'critical', what: 'A planted value that nobody has an honest use for.', catalogues: [...LEAKING, 'AML.T0086'] },
    token: { severity: 'high', what: 'A credential that is known by its own form.', catalogues: LEAKING },
    'private-key': { severity: 'critical', what: 'A private key.', catalogues: LEAKING },
    assigned: { severity: 'medium', what: 'A random value that is given the name of a credential.', catalogues: LEAKING },
    'too-dense': { severity: 'high', what: 'So many beginnings of secrets that not all were looked at.', catalogues: ['ASI08', 'MCP-T10'] },
  },
} as const satisfies DetectorInfo<'secrets'>;

const SECRET = { confidentiality: 'restricted', categories: ['secret'] } as const;
const LABELS = { 'known-secret': SECRET, canary: SECRET, token: SECRET, 'private-key': SECRET, assigned: SECRET } as const;
const SHORTEST = 8;

/**
 * Credentials by their form (all 222 rules of gitleaks, five of them written anew, and our own, where no edition brings others), by the name
 * that they are given, and exactly those of the vault.
 */
export function createSecrets({ secrets }: Surroundings, secretsIn: SecretsIn = shipped): Detector {
  const known = secrets === undefined || secrets.secrets.length === 0 ? undefined : createKnown(secrets);
  return {
    id: 'secrets',
    facets: info.facets,
    detect: (sight: Sight) => {
      const report = createReport('secrets', info, LABELS);
      for (const view of freshViews(sight)) {
        if (view.text.length < SHORTEST) continue;
        byForm(view, report, secretsIn);
        for (const { secret, parts } of known?.(view.text) ?? []) {
          for (const [start, end] of parts) report.add(secret.kind === 'canary' ? 'canary' : 'known-secret', view, start, end, secret.name);
        }
      }
      byName(sight, report, secretsIn);
      return report.findings();
    },
  };
}

const CALLED = /pass(?:wor)?d|secret|token|api_?key|credential|private_?key|access_?key|auth(?:orization)?$/i;
/** Names of what only looks like one: places in a list, versions, protections of forms. */
const NOT_CALLED = /page|next|prev|cursor|continu|csrf|sync|resume|design|etag|count|max|limit|type|name|id$|url$/i;
const VALUE = /^[^\s"'{}]{8,200}$/;

/** Values whose property has the name of a credential: as if they stood in an assignment. */
function byName({ places, views }: Sight, report: Report<'secrets'>, secretsIn: SecretsIn): void {
  // Among the views are the places as they stand, in the same order.
  const plain = views.filter(({ via }) => via.length === 0);
  for (const [index, { key, text, isName }] of places.entries()) {
    const view = plain[index];
    if (isName || view === undefined || view.text !== text || !VALUE.test(text) || !CALLED.test(key) || NOT_CALLED.test(key)) continue;
    const match = secretsIn(`${key} = "${text}"`)?.[0];
    if (match !== undefined) report.add('assigned', view, 0, text.length, match.id);
  }
}

function byForm(view: View, report: Report<'secrets'>, secretsIn: SecretsIn): void {
  const matches = secretsIn(view.text);
  if (matches === undefined) report.add('too-dense', view, 0, view.text.length);
  for (const { id, anchor, start, end } of matches ?? []) {
    report.add(id === 'private-key' ? 'private-key' : anchor === 'assigned' ? 'assigned' : 'token', view, start, end, id);
  }
}
