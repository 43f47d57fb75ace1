import type { JsonObject } from './json.ts';
import type { Era, Revision } from './message.ts';
import type { Segment } from './segment.ts';

export const EFFECTS = ['read', 'write', 'destroy', 'execute', 'communicate', 'transact'] as const;
/** What a tool does. Until an administrator confirms one, the pessimistic guess stands. */
export type Effect = (typeof EFFECTS)[number];

export const CONFIDENTIALITIES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Confidentiality = (typeof CONFIDENTIALITIES)[number];
export const CATEGORIES = ['pii', 'phi', 'pci', 'secret', 'source'] as const;
export type Category = (typeof CATEGORIES)[number];

/** What data is. */
export interface Labels {
  readonly confidentiality: Confidentiality;
  readonly categories: readonly Category[];
  readonly integrity: 'trusted' | 'untrusted';
}

/** What carries nothing that would have to be watched. */
export const UNLABELLED: Labels = { confidentiality: 'public', categories: [], integrity: 'trusted' };

/** How values flow into and out of a tool, or any tool of a server, as an administrator declares it. */
export interface FlowRules {
  /** The highest confidentiality that it may be sent; absent: its tier says. */
  readonly clearance?: Confidentiality;
  /** It keeps what agents read back. */
  readonly memory?: boolean;
  /**
   * It is a directory: what it returns may be a destination, whatever was read before; of these properties alone, where strangers
   * write the others.
   */
  readonly directory?: boolean | readonly string[];
  /** Which arguments say where something goes (names, or pointers); absent: found by names, formats and shapes. */
  readonly destinations?: readonly string[];
  /** Destinations that need no other provenance. */
  readonly allow?: readonly string[];
  /** Labels of what stands under a property of its results. */
  readonly fields?: Readonly<Record<string, Partial<Labels>>>;
}

/** The highest confidentiality that a server of each tier may be sent, where nothing else is declared. */
export const CLEARANCE_OF_TIER: Readonly<Record<string, Confidentiality>> = { internal: 'restricted', vendor: 'confidential', public: 'internal' };

/** A place where a secret is, never the secret: an environment variable of Sallyport's, a file, or an entry of the vault. */
export const SECRET_REFERENCE = /^(?:env:[A-Za-z_]\w*|file:\/.+|vault:[\w./-]+)$/;

/** How a local server is started. A closed type (invariant 9): no other field exists, whatever a registry or image says. */
export interface LaunchSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment that the process gets; a value that is a `SECRET_REFERENCE` is replaced by its secret at launch. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** One process for everyone; only for servers declared stateless. */
  readonly shared: boolean;
  readonly sandbox: SandboxSpec;
  /** The entry of the package store that it runs from; absent: the command names a program of the machine's. */
  readonly package?: PackagePin;
  /** An administrator accepts that it is started without a sandbox on a machine that has none (`runner.unjailed`). */
  readonly unjailed?: true;
}

/** What a local server may touch. Paths are absolute; nothing else of the machine exists for it. */
export interface SandboxSpec {
  /** Folders and files it sees read-only, besides its own package and the system's runtime. */
  readonly reads: readonly string[];
  /** Folders it may write. */
  readonly writes: readonly string[];
  /** `host:port` or `*.domain:port`; empty: none. */
  readonly network: readonly string[];
  readonly memoryBytesMax: number;
  readonly processesMax: number;
  /** Open files of one process. */
  readonly filesMax: number;
  /** Its private /tmp, in memory. */
  readonly tmpBytesMax: number;
  /** Of one processor; absent: as much as there is. */
  readonly cpuShare?: number;
  /** How long one process of it may run; absent: `LIMITS.sandboxWallMs`. */
  readonly wallMs?: number;
  /** How long nothing may be said to it or by it; absent: `LIMITS.sandboxIdleMs`. */
  readonly idleMs?: number;
  /** Environment variables that name a file: it holds the secret that the reference stands for, in memory, for this process only. */
  readonly secretFiles: Readonly<Record<string, string>>;
}

/** One entry of the package store: what was installed once is what runs, whatever a registry says later. */
export interface PackagePin {
  readonly ecosystem: 'npm' | 'pypi' | 'oci';
  readonly name: string;
  readonly version: string;
  /** Of the store's entry. */
  readonly digest: string;
  /** The command as it was declared (`npx -y …`), with the exact version: what is started is the launch's own command. */
  readonly declared: readonly string[];
}

/** Where a server sees the entry that it runs from. Without a sandbox the entry's real folder stands in its place. */
export const PACKAGE_ROOT = '/package';

export type Endpoint =
  | { readonly transport: 'http' | 'sse'; readonly url: string; readonly allowPrivate: boolean }
  | { readonly transport: 'stdio'; readonly launch: LaunchSpec };

/**
 * What Sallyport presents upstream. An inbound token is never one of these (invariant 8): every token is asked for anew, for
 * this server alone (`resource`, RFC 8707), by control, which keeps the client's secret; the gateway is released the short-lived result.
 */
export type CredentialSpec =
  | { readonly type: 'none' }
  | ({ readonly type: 'header'; readonly header: string; readonly secret: string } & Keep)
  | ({ readonly type: 'client-credentials' } & TokenClient)
  /** RFC 8693: the caller as subject, the agent as actor; the subject token is one of our own issuing for that exchange, never the inbound one. */
  | ({ readonly type: 'token-exchange'; readonly audience?: string } & TokenClient)
  /** Enterprise-managed authorization: an ID-JAG from the company's provider, then RFC 7523 at the server's issuer. */
  | ({ readonly type: 'id-jag'; readonly idpTokenUrl: string; readonly idpClientId: string; readonly idpSecret?: string } & TokenClient)
  /** A client certificate: PEM certificate and key as one secret. */
  | ({ readonly type: 'mtls'; readonly secret: string } & Keep)
  | AuthorizationCode;

/** Each person connects their own account, once, in a browser; the issuer is found from the server's own metadata unless it is given. */
export interface AuthorizationCode {
  readonly type: 'authorization-code';
  readonly issuer?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly scopes?: ScopeMap;
  /** Lets the gate register itself where its issuer knows no client metadata documents (RFC 7591; deprecated in MCP 2026-07-28). */
  readonly dynamicRegistration?: boolean;
}

/** Who answers for a static secret, and until when it may be used (`YYYY-MM-DD`); overdue is a finding, then denied. */
export interface Keep {
  readonly owner?: string;
  readonly expires?: string;
  readonly rotateBy?: string;
}

export interface TokenClient {
  readonly tokenUrl: string;
  /** Whose token endpoint that is: the audience of assertions (RFC 7523). Default: the origin of the token endpoint. */
  readonly issuer?: string;
  readonly clientId: string;
  /** A client secret, or with `private_key_jwt` a private key (PEM or JWK). */
  readonly secret: string;
  readonly authentication?: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  readonly resource?: string;
  readonly scopes?: ScopeMap;
}

/** Scopes to ask for, by the effect of the call: the narrowest that it needs. A list is asked for whatever the effect. */
export type ScopeMap = readonly string[] | Readonly<Partial<Record<Effect, readonly string[]>>>;

export type PinKind = 'tool' | 'prompt' | 'template' | 'instructions' | 'page';

/** One pinned definition: everything the server said of it, and the digest of its canonical form (RFC 8785, SHA-256, hex). */
export interface Pin {
  readonly kind: PinKind;
  readonly name: string;
  readonly digest: string;
  readonly definition: JsonObject;
}

/** Which of a dispatcher's own arguments hold the name and the arguments of the tool that it runs. */
export interface Dispatch {
  readonly name: string;
  /** Without it everything but `name` belongs to the inner tool. */
  readonly arguments?: string;
}

/** How a tool shows what it would do: an argument of its own that makes it a dry run, or another tool that takes the same arguments. */
export type DryRun = { readonly argument: string; readonly value: boolean | string } | { readonly tool: string };

export interface Tool extends Pin {
  readonly kind: 'tool';
  readonly effect: Effect;
  /** Whether an administrator confirmed the effect; `learn` permits only confirmed writes. */
  readonly confirmed: boolean;
  readonly labels: Labels;
  readonly flow?: FlowRules;
  /** An administrator declared that it runs other tools of its server: a call of it is judged as a call of the inner one. */
  readonly dispatches?: Dispatch;
  readonly dryRun?: DryRun;
}

/** What a person approved of a server: the allow-list of everything it may say about itself. */
export interface Baseline {
  /** Digest over all pins, in order of kind and name. */
  readonly digest: string;
  readonly approvedBy: string;
  readonly approvedAt: number;
  readonly surface: Surface;
}

/** Everything a server says about itself, as read at one time. */
export interface Surface {
  /** The newest revision that the server speaks. */
  readonly revision: Revision;
  /** The wire families it was seen to answer in; a caller of another family is bridged. */
  readonly eras: readonly Era[];
  readonly serverInfo: JsonObject;
  readonly capabilities: JsonObject;
  readonly instructions?: Pin;
  readonly tools: readonly Tool[];
  readonly prompts: readonly Pin[];
  readonly templates: readonly Pin[];
  /** Pages of MCP Apps that its tools name, by their addresses; absent: it was read before pages were. */
  readonly pages?: readonly Pin[];
}

export const PAGES = ['pinned', 'changing'] as const;
/** Whether pages of MCP Apps stay as they were approved, or only what they declare does (pages that are made anew for each reader). */
export type Pages = (typeof PAGES)[number];

export type ServerStatus = 'declared' | 'scanned' | 'approved' | 'quarantined';

/**
 * How a vendor stood when it was looked at last, as policy reads it. Times are kept and not ages: what ends by itself ends while no new
 * snapshot comes.
 */
export interface VendorStanding {
  readonly id: string;
  /** 0 to 100; 0 where nothing is known. */
  readonly score: number;
  /** Epoch ms until when what it disclosed is good; absent: it has disclosed nothing that is. */
  readonly disclosedUntil?: number;
  /** Epoch ms when somebody vouched for it last; absent: nobody ever did. */
  readonly attestedAt?: number;
}

export interface Server {
  readonly id: string;
  readonly space: string;
  readonly endpoint: Endpoint;
  readonly owner: string;
  readonly hosting: 'self' | 'vendor' | 'embedded';
  readonly tier: 'internal' | 'vendor' | 'public';
  /** Whose it is, and how that vendor stands; absent: nobody has said whose. */
  readonly vendor?: VendorStanding;
  /** Where it keeps what it is sent, by a name that the company gives; absent: nobody has said. */
  readonly region?: string;
  readonly labels: Labels;
  /** Of all its tools, where they say nothing of their own. */
  readonly flow?: FlowRules;
  /** Labels of its resources by URI, the first that fits; `*` at the end of a pattern is any ending. */
  readonly resources?: readonly { readonly uri: string; readonly labels: Labels }[];
  readonly credentials: CredentialSpec;
  /** Where it stands on the company's network; only of servers that it hosts itself. */
  readonly segment?: Segment;
  /** Absent: `pinned`. */
  readonly pages?: Pages;
  /** The retention class of what is recorded of it; absent: `standard`. */
  readonly retention?: string;
  readonly status: ServerStatus;
  readonly baseline?: Baseline;
}

/** A curated set of tools of several servers, served at `/mcp/t/<id>` as `<server>__<tool>`. */
export interface Toolset {
  readonly id: string;
  readonly space: string;
  readonly members: readonly ToolsetMember[];
}

/** What a toolset takes of one server; `*` is everything that is approved of it. */
export interface ToolsetMember {
  readonly server: string;
  readonly tools: readonly string[] | '*';
  readonly prompts: readonly string[] | '*';
  readonly resources: boolean;
}
