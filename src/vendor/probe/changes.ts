import { z } from 'zod';
import type { FINDING_RULES, Severity } from '../../domain/finding.ts';
import { redact } from '../../domain/redacted.ts';
import type { VendorEvent } from '../attest.ts';
import { CHECKS } from './checks.ts';
import type { CheckId } from './checks.ts';
import { FACTS, namesOf } from './result.ts';
import type { ProbeFacts, ProbeReport } from './result.ts';

/** What is known of an endpoint from all runs so far: of each fact what was seen last, and which checks passed when they were seen last. */
export const KNOWN_ENDPOINT = z.strictObject({
  vendor: z.string(), endpoint: z.string(), facts: FACTS, passed: z.array(namesOf<CheckId>(CHECKS)).max(Object.keys(CHECKS).length).readonly(),
});
export type KnownEndpoint = Readonly<z.infer<typeof KNOWN_ENDPOINT>>;

type Rule = (typeof FINDING_RULES)['vendor'][number];

/** One thing that is another than it was. */
export interface EndpointChange {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly was: string;
  readonly is: string;
}

/** A run that saw less keeps what was seen before: who hides for one run does not become unknown by it. */
export function knownAfter(known: KnownEndpoint | undefined, { vendor, endpoint, facts, probes }: ProbeReport): KnownEndpoint {
  const outcomes = new Map(probes.flatMap(({ checks }) => checks.map(({ check, outcome }) => [check, outcome] as const)));
  const kept = (known?.passed ?? []).filter((check) => outcomes.get(check) !== 'fail');
  const passed = [...new Set([...kept, ...[...outcomes].filter(([, outcome]) => outcome === 'pass').map(([check]) => check)])].toSorted();
  return { vendor, endpoint, facts: { ...known?.facts, ...facts }, passed };
}

/** In what a run differs from what was known; what was not seen is no difference. */
export function changesSince({ facts: before, passed }: KnownEndpoint, { facts, probes }: ProbeReport): readonly EndpointChange[] {
  const failed = probes.flatMap(({ checks }) => checks).filter(({ check, outcome }) => outcome === 'fail' && passed.includes(check));
  return [
    ...toolChanges(before, facts), ...authenticationChanges(before, facts), ...certificateChanges(before, facts),
    ...listChanges('revisions', 'low', before.revisions, facts.revisions), ...listChanges('issuer', 'high', before.issuers, facts.issuers),
    ...listChanges('domain', 'high', before.hosts, facts.hosts), ...advisoryChanges(before, facts),
    ...failed.map(({ check, evidence }): EndpointChange => ({ rule: 'regression', severity: CHECKS[check].severity, was: `${check} passed`, is: evidence })),
  ];
}

function toolChanges({ tools: before }: ProbeFacts, { tools }: ProbeFacts): readonly EndpointChange[] {
  if (before === undefined || tools === undefined) return [];
  const [old, now] = [new Map(before.map((one) => [one.name, one.digest])), new Map(tools.map((one) => [one.name, one.digest]))];
  const added = [...now.keys()].filter((name) => !old.has(name));
  const removed = [...old.keys()].filter((name) => !now.has(name));
  const changed = [...now].filter(([name, digest]) => old.has(name) && old.get(name) !== digest).map(([name]) => name);
  return [
    ...some('tool-added', 'medium', added, `${old.size} tools`), ...some('tool-changed', 'medium', changed, 'another definition'),
    ...some('tool-removed', 'low', removed, `${old.size} tools`),
  ];
}

function authenticationChanges({ auth: before }: ProbeFacts, { auth }: ProbeFacts): readonly EndpointChange[] {
  if (before === undefined || auth === undefined || before === auth) return [];
  return [{ rule: 'authentication', severity: auth === 'none' ? 'critical' : 'medium', was: before, is: auth }];
}

/** By the same authority a certificate is renewed all the time. */
function certificateChanges({ certificate: before }: ProbeFacts, { certificate }: ProbeFacts): readonly EndpointChange[] {
  if (before === undefined || certificate === undefined || before.sha256 === certificate.sha256) return [];
  const isSameAuthority = before.issuer === certificate.issuer && before.subject === certificate.subject;
  return [{ rule: 'certificate', severity: isSameAuthority ? 'info' : 'medium', was: before.issuer, is: certificate.issuer }];
}

function listChanges(rule: Rule, severity: Severity, before: readonly string[] | undefined, now: readonly string[] | undefined): readonly EndpointChange[] {
  if (before === undefined || now === undefined || before.toSorted().join('\n') === now.toSorted().join('\n')) return [];
  return [{ rule, severity, was: few(before), is: few(now) }];
}

function advisoryChanges({ advisories: before }: ProbeFacts, { advisories, software }: ProbeFacts): readonly EndpointChange[] {
  const added = before === undefined || advisories === undefined ? [] : advisories.filter((id) => !before.includes(id));
  return some('advisory', 'high', added, `${software?.name ?? ''} ${software?.version ?? ''}`);
}

function some(rule: Rule, severity: Severity, names: readonly string[], was: string): readonly EndpointChange[] {
  return names.length === 0 ? [] : [{ rule, severity, was, is: few(names) }];
}

const NAMED_MAX = 8;

function few(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX).join(', ');
  return redact(names.length === 0 ? 'none' : names.length > NAMED_MAX ? `${names.length}: ${shown} …` : shown);
}

/** What asks for a new word of the vendor. A certificate that the same authority renewed does not. */
export function eventOf({ rule, severity }: EndpointChange): VendorEvent | undefined {
  return rule === 'certificate' && severity === 'info' ? undefined : EVENTS[rule];
}

const EVENTS: Readonly<Partial<Record<Rule, VendorEvent>>> = {
  'tool-added': 'tool-drift', 'tool-changed': 'tool-drift', 'tool-removed': 'tool-drift', revisions: 'protocol-changed', issuer: 'issuer-changed',
  domain: 'domain-changed', certificate: 'certificate-changed', advisory: 'advisory',
};
