import type { Category, Confidentiality, Effect } from '../domain/server.ts';

/** Days, unless it says otherwise: from when on something is worth a person's look. */
export interface Thresholds {
  /** Not used for so long, a grant or a server is unused. */
  readonly unusedDays: 30 | 60 | 90;
  /** An approval, a baseline of files, an exercise or an audit that is older is stale. */
  readonly staleDays: number;
  /** What ends sooner is told now. */
  readonly expiringDays: number;
  /** A revision of the protocol that was superseded longer ago is outdated. */
  readonly supersededDays: number;
  /** An exception that was extended or made for longer is standing policy. */
  readonly exceptionDays: number;
}

export const THRESHOLDS: Thresholds = { unusedDays: 90, staleDays: 365, expiringDays: 30, supersededDays: 180, exceptionDays: 90 };

/** How often something was used, in the last 30, 60 and 90 days. */
export interface Used {
  readonly days30: number;
  readonly days60: number;
  readonly days90: number;
}

export const UNUSED: Used = { days30: 0, days60: 0, days90: 0 };

export interface ToolFact {
  readonly name: string;
  readonly effect: Effect;
  /** By its name and annotations; graver than `effect`: somebody confirmed less. */
  readonly looksLike: Effect;
  readonly confirmed: boolean;
  readonly categories: readonly Category[];
  /** Property names of what it takes. */
  readonly properties: readonly string[];
}

/** A library, a package or an image, with what is known against it. */
export interface PartFact {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  /** The lowest good version, where this one is below it. */
  readonly floor?: string;
  /** Of another registry's newest version, where this one is older. */
  readonly newest?: string;
}

export interface ServerFact {
  readonly id: string;
  readonly owner: string;
  readonly status: 'declared' | 'scanned' | 'approved' | 'quarantined';
  readonly hosting: 'self' | 'vendor' | 'embedded';
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly labels: { readonly confidentiality: Confidentiality; readonly categories: readonly Category[] };
  readonly tools: readonly ToolFact[];
  /** Categories that results were labelled with, as the gate saw them. */
  readonly seenCategories: readonly Category[];
  readonly approvedAt?: number;
  /** Who approved it is not active any more. */
  readonly isApproverGone: boolean;
  /** Until when what was published is to be looked at again. */
  readonly reviewBy?: number;
  /** Since when something else than what was approved waits for somebody. */
  readonly driftSince?: number;
  readonly revision?: string;
  /** Names of deprecated features that it declares. */
  readonly features: readonly string[];
  readonly calls: Used;
  /** In the last 30 days: calls that came to an answer, and that found nobody. */
  readonly answered: number;
  readonly failed: number;
  readonly parts: readonly PartFact[];
  readonly advisories: readonly { readonly id: string; readonly severity: string; readonly isCertain: boolean; readonly part: string }[];
  readonly credential: { readonly type: string; readonly dynamicRegistration: boolean; readonly expires?: number; readonly rotateBy?: number };
}

export type GranteeFact = { readonly group: string } | { readonly agent: string } | { readonly principal: string };

/** What one binding lets somebody do at one server. */
export interface GrantFact {
  readonly binding: string;
  readonly role: string;
  readonly to: GranteeFact;
  readonly server: string;
  /** Who answers for the server. */
  readonly owner?: string;
  /** Names of tools that it permits, as the server stands now. */
  readonly granted: readonly string[];
  /** It says nothing of what may be done there, so that tools to come are in it. */
  readonly isOpen: boolean;
  /** Calls that it permitted, by tool. */
  readonly used: ReadonlyMap<string, Used>;
  /** Since when it is there, epoch ms: what is new was not used yet. */
  readonly since: number;
  /** Ids of the people who have it, as far as they are known here. */
  readonly holders: readonly string[];
  /** A role for which this is one of several servers. */
  readonly otherServers: number;
}

/** One permit that somebody wrote in Cedar. */
export interface PermitFact {
  readonly file: string;
  readonly id: string;
  readonly anyPrincipal: boolean;
  readonly anyResource: boolean;
  readonly hasCondition: boolean;
  readonly decided: Used;
  readonly since: number;
}

export interface ExceptionFact {
  readonly id: string;
  readonly about: string;
  readonly server?: string;
  readonly owner: string;
  readonly approver: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** How often it decided; absent: what it lets through is no call. */
  readonly decided?: Used;
}

export interface AgentFact {
  readonly id: string;
  readonly owner: string;
  readonly clients: readonly string[];
  readonly expiresAt: number;
  readonly isUnlimited: boolean;
}

/** Something that ends on a day: a secret, a certificate, a token, a key of a role. */
export interface EndingFact {
  readonly kind: 'secret' | 'token' | 'link-node' | 'certificate';
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly endsAt: number;
  /** It ends by itself and is made anew by itself. */
  readonly isRenewed: boolean;
}

export interface AdminFact {
  readonly id: string;
  readonly role: string;
  readonly space: string;
  readonly to: GranteeFact;
  readonly holders: readonly string[];
  /** The person it names is not active any more, or the group has nobody. */
  readonly isEmpty: boolean;
}

export interface HostFact {
  readonly host: string;
  /** Clients that read their servers from files there. */
  readonly clients: readonly string[];
  /** Places of secrets in clear, and files readable by others. */
  readonly unsealed: readonly string[];
  /** When managed settings with the deny list were written there last; absent: never. */
  readonly enforcedAt?: number;
  /** What is enforced there was found changed since. */
  readonly isDrifted: boolean;
  /** When its clients' files were last audited: a baseline that somebody approved. */
  readonly auditedAt?: number;
}

export interface SensorFact {
  readonly node: string;
  readonly host: string;
  readonly seenAt: number;
}

export interface VendorFact {
  readonly id: string;
  readonly owner: string;
  readonly tier: string;
  /** Why then. */
  readonly why: string;
  /** When its disclosure is to be given anew; absent: there is none that holds. */
  readonly dueAt?: number;
}

/** Somebody here by all that they are called: `names` in lower case. */
export interface PersonFact {
  readonly id: string;
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly isActive: boolean;
}

/** Ends of life, as the knowledge in force has them. */
export interface EndOfLife {
  readonly revisions: readonly { readonly revision: string; readonly isCurrent: boolean }[];
  readonly deprecated: readonly { readonly what: string; readonly since: string; readonly removedFrom?: string; readonly instead: string }[];
  readonly clients: readonly { readonly client: string; readonly title: string; readonly endedAt?: string; readonly successor?: string }[];
}

/** All that a campaign looks at, of one space at one moment. No secret, and nothing that a payload said. */
export interface CompanyFacts {
  readonly now: number;
  readonly space: string;
  readonly thresholds: Thresholds;
  /** False: the ledger did not answer, so that nothing is said to be unused. */
  readonly knowsUse: boolean;
  /** Since when there are records, epoch ms: of the time before nothing is known. */
  readonly recordsSince: number;
  readonly people: readonly PersonFact[];
  readonly groups: readonly string[];
  readonly servers: readonly ServerFact[];
  readonly grants: readonly GrantFact[];
  readonly permits: readonly PermitFact[];
  readonly exceptions: readonly ExceptionFact[];
  readonly agents: readonly AgentFact[];
  readonly admins: readonly AdminFact[];
  readonly ending: readonly EndingFact[];
  readonly hosts: readonly HostFact[];
  /** Those that are silent. */
  readonly silent: readonly SensorFact[];
  readonly vendors: readonly VendorFact[];
  /** Dynamic registrations of the gate at others' issuers. */
  readonly registrations: readonly { readonly id: string; readonly issuer: string; readonly registeredAt: number }[];
  /** What is to be practised, and when it was last; absent: never. */
  readonly practices: readonly { readonly kind: string; readonly title: string; readonly everyDays: number; readonly lastAt?: number }[];
  readonly endOfLife: EndOfLife;
}
