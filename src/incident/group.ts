import type { Severity } from '../domain/finding.ts';
import type { Signal, SignalOutcome, Subjects } from '../domain/incident.ts';

/** What a finding is about, in a word and a name. `space`: nothing in particular. `rest`: of more different ones than are kept apart. */
export const ABOUT_KINDS = [
  'tool', 'server', 'file', 'package', 'vendor', 'asset', 'host', 'agent', 'principal', 'credential', 'context', 'space', 'rest',
] as const;
export type AboutKind = (typeof ABOUT_KINDS)[number];

/** Findings that somebody looks at as one: of one detector and rule, about one thing. */
export interface Grouped {
  readonly detector: string;
  readonly rule: string;
  readonly kind: AboutKind;
  /** People by their pseudonyms. */
  readonly name: string;
}

/** What one signal adds to its group. */
export interface Occurrence {
  readonly at: number;
  readonly severity: Severity;
  readonly outcome: SignalOutcome;
  readonly exchange?: string;
}

/** That policy denied is what it is for; incidents are made of it, but nobody need look at each. */
const NO_FINDINGS: ReadonlySet<string> = new Set(['call.denied', 'message.denied', 'policy']);
/** What says something of who acts, wherever they do it. */
const OF_CALLERS: ReadonlySet<string> = new Set([
  'anomaly', 'approvals', 'agent.unknown', 'admin.refused', 'person.refused', 'token.refused', 'credential.refused', 'connection.refused',
  'break-glass.refused',
]);
const CALLER = ['agent', 'principal', 'credential'] as const;
const PLACE = ['file', 'package', 'asset', 'vendor', 'host'] as const;

/** The group of a signal; undefined: it is nothing that anybody looks at. `hide`: a person's pseudonym. */
export function groupOf({ source, rule, subjects }: Signal, hide: (principal: string) => string): Grouped | undefined {
  if (NO_FINDINGS.has(source)) return undefined;
  const { server, tool } = subjects;
  const calls = OF_CALLERS.has(source) ? CALLER.find((kind) => subjects[kind] !== undefined) : undefined;
  if (calls !== undefined) return { detector: source, rule, ...named(calls, subjects, hide) };
  if (server !== undefined) {
    return { detector: source, rule, ...(tool === undefined ? { kind: 'server', name: server } : { kind: 'tool', name: `${server}/${tool}` }) };
  }
  const kind = [...PLACE, ...CALLER, 'context' as const].find((one) => subjects[one] !== undefined);
  return { detector: source, rule, ...(kind === undefined ? { kind: 'space', name: '' } : named(kind, subjects, hide)) };
}

function named(kind: Exclude<keyof Subjects, 'server' | 'tool'>, subjects: Subjects, hide: (principal: string) => string): Pick<Grouped, 'kind' | 'name'> {
  const name = subjects[kind] ?? '';
  return { kind, name: kind === 'principal' ? hide(name) : name };
}
