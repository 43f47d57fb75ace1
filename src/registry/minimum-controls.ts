import { isLoopbackHost } from '../domain/loopback.ts';
import { CLEARANCE_OF_TIER, CONFIDENTIALITIES } from '../domain/server.ts';
import type { Baseline, LaunchSpec, Server } from '../domain/server.ts';
import { planSegments } from './segments/plan.ts';
import type { NetworkPlace } from '../domain/segment.ts';

/** What the registry, the last reading and the snapshot show of one server. */
export interface ServerFacts {
  readonly server: Omit<Server, 'baseline'>;
  readonly baseline?: Baseline;
  /** A gateway saw that it no longer says what was approved. */
  readonly isDrifting: boolean;
  /** It is in the snapshot that gateways judge by. */
  readonly isInForce: boolean;
  /** How it answered when it was examined; null or absent: not found out. */
  readonly exposure?: { readonly answersUnauthenticated: boolean | null; readonly acceptsForeignOrigin: boolean | null };
  /** What is wrong with how its secrets are kept, by rule (`credential-unowned` …). */
  readonly credentialFindings: readonly string[];
  readonly gate?: NetworkPlace;
  /** Its vendor has disclosed all that it must, and that still holds; absent: it has not, or nobody has said whose it is. */
  readonly isDisclosed?: true;
}

export type ControlState = 'met' | 'gap' | 'unknown';

/** One thing that must be so for servers of some hosting and tier. */
export interface MinimumControl {
  readonly id: string;
  readonly says: string;
  /** Where the demand comes from. */
  readonly sources: string;
  readonly self: readonly Server['tier'][];
  readonly vendor: readonly Server['tier'][];
  readonly embedded: readonly Server['tier'][];
  /** Absent: however it is reached. */
  readonly where?: 'remote' | 'local';
  readonly state: (facts: ServerFacts) => ControlState;
  readonly remedy: string;
}

/** Who runs a server and who answers for what is done with it; `owner` is the one that the registry names. */
export const ACCOUNTABLE: Readonly<Record<Server['hosting'], { readonly runs: string; readonly answers: string }>> = {
  self: { runs: 'the owner', answers: 'the owner, for its code, its place, its secrets and its data' },
  vendor: { runs: 'the vendor', answers: 'the owner, for choosing it, its contract, and what it is sent' },
  embedded: { runs: 'the maker of the product that it is a part of', answers: 'the owner, for having it on, and what it is given' },
};

const ALL = ['internal', 'vendor', 'public'] as const;
const OUTER = ['vendor', 'public'] as const;
const NONE = [] as const;

const met = (is: boolean): ControlState => (is ? 'met' : 'gap');
const seen = (is: boolean | null | undefined): ControlState => (is === null || is === undefined ? 'unknown' : met(is));

/** Reviewed as a whole: hosting with tier selects the rows (docs/segments.md shows the same table). */
export const MINIMUM_CONTROLS: readonly MinimumControl[] = [
  {
    id: 'approved', says: 'somebody approved all that it says of itself, and that is in force', sources: 'OWASP third-party MCP guide; NIST CM-2, SR-6',
    self: ALL, vendor: ALL, embedded: ALL,
    state: ({ server, baseline, isInForce }) => met(server.status === 'approved' && baseline !== undefined && isInForce),
    remedy: 'sallyport server scan, then server approve',
  },
  {
    id: 'undrifted', says: 'it still says what was approved', sources: 'OWASP MCP Top 10 (tool poisoning); NIST SI-7',
    self: ALL, vendor: ALL, embedded: ALL,
    state: ({ isDrifting }) => met(!isDrifting),
    remedy: 'sallyport server diff, then approve or quarantine it',
  },
  {
    id: 'effects', says: 'a person confirmed what each of its tools does', sources: 'OWASP third-party MCP guide (human in the loop); NIST AC-6',
    self: OUTER, vendor: ALL, embedded: ALL,
    state: ({ baseline }) => (baseline === undefined ? 'unknown' : met(baseline.surface.tools.every(({ confirmed }) => confirmed))),
    remedy: 'sallyport server approve --effect TOOL=EFFECT, or tools in the manifest',
  },
  {
    id: 'encrypted', says: 'what is said to it is encrypted on the way', sources: 'probe P01; NIST SC-8',
    self: ALL, vendor: ALL, embedded: ALL, where: 'remote',
    state: ({ server }) => met(isEncrypted(server)),
    remedy: 'give it an https URL',
  },
  {
    id: 'refuses-strangers', says: 'it answers nobody without a credential', sources: 'probe P02; NIST IA-9',
    self: ALL, vendor: ['internal', 'vendor'], embedded: NONE, where: 'remote',
    state: ({ exposure }) => seen(negated(exposure?.answersUnauthenticated)),
    remedy: 'have it want a credential, name that in the registry, and scan it anew',
  },
  {
    id: 'own-credential', says: 'the gate has a credential of its own for it', sources: 'OWASP third-party MCP guide; NIST IA-9, SC-23',
    self: ALL, vendor: ['internal', 'vendor'], embedded: NONE, where: 'remote',
    state: ({ server }) => met(server.credentials.type !== 'none'),
    remedy: 'declare credentials',
  },
  {
    id: 'short-lived', says: 'that credential ends by itself', sources: 'OWASP third-party MCP guide (OAuth 2.1); NIST IA-5',
    self: NONE, vendor: OUTER, embedded: NONE, where: 'remote',
    state: ({ server: { credentials: { type } } }) => met(type !== 'header' && type !== 'mtls'),
    remedy: 'use a token: client-credentials, token-exchange, id-jag or authorization-code',
  },
  {
    id: 'credential-kept', says: 'somebody answers for each of its static secrets, and none is overdue', sources: 'NIST IA-5, AC-2',
    self: ALL, vendor: ALL, embedded: ALL,
    state: ({ credentialFindings }) => met(credentialFindings.length === 0),
    remedy: 'name owner, expires and rotateBy, and rotate what is overdue',
  },
  {
    id: 'refuses-pages', says: 'a web page that somebody has open cannot call it', sources: 'probe P06; CVE-2025-64443',
    self: ALL, vendor: NONE, embedded: NONE, where: 'remote',
    state: ({ exposure }) => (exposure?.answersUnauthenticated === false ? 'met' : seen(negated(exposure?.acceptsForeignOrigin))),
    remedy: 'have it refuse foreign Origin headers with 403, and scan it anew',
  },
  {
    id: 'segment', says: 'its network lets only the gate in, and it out only to what is declared', sources: 'NIST SC-7, AC-4',
    self: ALL, vendor: NONE, embedded: NONE, where: 'remote',
    state: ({ server, gate }) => met(gate !== undefined && planSegments(server.space, gate, [server]).gaps.length === 0),
    remedy: 'declare its segment and gateway.segment, and load what sallyport segment export says',
  },
  {
    id: 'sandbox', says: 'it runs in a sandbox of its own', sources: 'OWASP third-party MCP guide (sandbox); NIST SC-39',
    self: ALL, vendor: ALL, embedded: ALL, where: 'local',
    state: ({ server }) => met(launchOf(server)?.unjailed === undefined),
    remedy: 'take runner.unjailed away, and run it on a machine that has sandboxes',
  },
  {
    id: 'pinned-package', says: 'what runs is one exact package, installed ahead', sources: 'OWASP third-party MCP guide (pin); NIST SR-3, SI-7',
    self: OUTER, vendor: ALL, embedded: ALL, where: 'local',
    state: ({ server }) => met(launchOf(server)?.package !== undefined),
    remedy: 'sallyport server add with the package, so that it is installed into the store',
  },
  {
    id: 'clearance', says: 'it is sent nothing above what its tier may see', sources: 'NIST AC-4; CSA AICM data security',
    self: OUTER, vendor: ALL, embedded: ALL,
    state: ({ server }) => met(isWithinTier(server)),
    remedy: 'take flow.clearance away, or lower it',
  },
  {
    id: 'untrusted-results', says: 'what it says is nobody\'s word', sources: 'MCP specification, trust and safety; NIST SI-10',
    self: ['public'], vendor: ['public'], embedded: ALL,
    state: ({ server }) => met(server.labels.integrity === 'untrusted'),
    remedy: 'label it integrity: untrusted',
  },
  {
    id: 'region', says: 'it is known where it keeps what it is sent', sources: 'CSA AICM (data residency); GDPR chapter V',
    self: NONE, vendor: ALL, embedded: ALL, where: 'remote',
    state: ({ server }) => met(server.region !== undefined),
    remedy: 'ask the vendor, and declare region',
  },
  {
    id: 'disclosed', says: 'its vendor has said how it hosts it, and somebody vouches for that', sources: 'OWASP third-party MCP guide; CSA AICM; NIST SR-6',
    self: NONE, vendor: ALL, embedded: ALL, where: 'remote',
    state: ({ isDisclosed }) => met(isDisclosed === true),
    remedy: 'sallyport vendor add, then vendor link; and name the vendor in the server\'s entry',
  },
];

/** The rows of one server. */
export function selectControls({ hosting, tier, endpoint }: Pick<Server, 'hosting' | 'tier' | 'endpoint'>): readonly MinimumControl[] {
  const where = endpoint.transport === 'stdio' ? 'local' : 'remote';
  return MINIMUM_CONTROLS.filter((control) => control[hosting].includes(tier) && (control.where ?? where) === where);
}

function negated(value: boolean | null | undefined): boolean | null | undefined {
  return value === null || value === undefined ? value : !value;
}

function launchOf({ endpoint }: Pick<Server, 'endpoint'>): LaunchSpec | undefined {
  return endpoint.transport === 'stdio' ? endpoint.launch : undefined;
}

function isEncrypted({ endpoint }: Pick<Server, 'endpoint'>): boolean {
  if (endpoint.transport === 'stdio') return true;
  const { protocol, hostname } = new URL(endpoint.url);
  return protocol === 'https:' || isLoopbackHost(hostname);
}

function isWithinTier({ tier, flow }: Pick<Server, 'tier' | 'flow'>): boolean {
  const most = CLEARANCE_OF_TIER[tier];
  return flow?.clearance === undefined || most === undefined || CONFIDENTIALITIES.indexOf(flow.clearance) <= CONFIDENTIALITIES.indexOf(most);
}
