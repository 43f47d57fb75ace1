import type { Severity } from '../../domain/finding.ts';
import type { Path } from '../read/region.ts';

interface AuditRuleInfo {
  readonly severity: Severity;
  readonly what: string;
  readonly remedy: string;
  /** Entries of the taxonomies: OWASP MCP and agentic top tens, ATLAS, SAFE-MCP. */
  readonly catalogues: readonly string[];
}

const SECRETS = ['MCP01', 'ASI03', 'AML.T0055', 'AML.T0083', 'SAFE-T1503'] as const;
const CONFIG = ['MCP09', 'ASI05', 'AML.T0081', 'SAFE-T1204'] as const;
const SUPPLY = ['MCP04', 'ASI04', 'AML.T0010', 'SAFE-T1002', 'MCP-T11'] as const;

/** What an audit finds wrong with a client's file, and with what it says of its servers. */
export const AUDIT_RULES = {
  'config/secret': {
    severity: 'medium', what: 'A credential stands in the file in clear text.', remedy: 'sallyport config seal FILE, then rotate it', catalogues: SECRETS,
  },
  'config/cleartext': {
    severity: 'medium', what: 'It is reached over a network without encryption.', remedy: 'Use its https address', catalogues: ['MCP07', 'ASI07', 'MCP-T7'],
  },
  'config/auto-approve': {
    severity: 'medium', what: 'The client calls its tools without asking anybody.', remedy: 'Take the approval out; approve at the gate instead',
    catalogues: ['MCP02', 'ASI09', 'SAFE-T1403'],
  },
  'config/unpinned': {
    severity: 'medium', what: 'It starts whatever version of a package is the newest.', remedy: 'Name an exact version, or run it behind the gate',
    catalogues: SUPPLY,
  },
  'config/remote-fetch': {
    severity: 'low', what: 'What it runs is fetched from a registry when it starts.', remedy: 'Run it behind the gate, from packages that were pinned before',
    catalogues: SUPPLY,
  },
  'config/shell': {
    severity: 'high', what: 'A shell reads a line to start it: what runs is not only what is named.', remedy: 'Name the program and its arguments',
    catalogues: ['MCP05', 'ASI05', 'AML.T0050', 'MCP-T3'],
  },
  'config/executes': {
    severity: 'high', what: 'The client runs a command that stands in a value when it reads the file.', remedy: 'Write the value out, or seal it',
    catalogues: ['MCP05', 'ASI05', 'AML.T0050'],
  },
  'config/shell-server': {
    severity: 'medium', what: 'By its name it lets an agent run commands on this machine.', remedy: 'Run it behind the gate, with approval for what executes',
    catalogues: ['MCP05', 'ASI05', 'AML.T0050'],
  },
  'config/broad-folder': {
    severity: 'medium', what: 'It is given a whole disk or home.', remedy: 'Name the folders that it needs', catalogues: ['MCP02', 'ASI02', 'SAFE-T1105'],
  },
  'config/unsanctioned': {
    severity: 'medium', what: 'The gate does not know it.', remedy: 'sallyport config seal FILE --owner WHO, or remove it', catalogues: ['MCP09', 'AML.T0010'],
  },
  'config/bypasses': {
    severity: 'medium', what: 'The gate has it, and this entry goes around the gate.', remedy: 'sallyport config seal FILE', catalogues: ['MCP09', 'MCP08'],
  },
  'config/advisory': { severity: 'high', what: 'What it runs has a published advisory.', remedy: 'Update it, or remove it', catalogues: SUPPLY },
  'config/unread': { severity: 'low', what: 'It could not be read.', remedy: 'Correct the entry in the client', catalogues: [] },
  'file/broken': {
    severity: 'medium', what: 'Not all of the file could be read.',
    remedy: 'Correct the file, or let the client write it anew', catalogues: [],
  },
  'file/readable': {
    severity: 'high', what: 'Other users of the machine can read the secrets in it.', remedy: 'chmod 600 FILE, then rotate them', catalogues: SECRETS,
  },
  'file/writable': {
    severity: 'high', what: 'Other users of the machine can write it: they decide what agents start.', remedy: 'chmod go-w FILE', catalogues: CONFIG,
  },
  'file/owner': { severity: 'high', what: 'It belongs to another user.', remedy: 'Find out who wrote it; chown it', catalogues: CONFIG },
  'file/folder': {
    severity: 'high', what: 'Other users can write the folder that it is in, and put another in its place.',
    remedy: 'chmod go-w its folder', catalogues: CONFIG,
  },
  'file/link': {
    severity: 'low', what: 'It is a link: what counts is somewhere else.',
    remedy: 'Look at where it leads, and at who can write there', catalogues: CONFIG,
  },
  'file/hard-link': {
    severity: 'medium', what: 'It has another name, too, under which it can be read and written.',
    remedy: 'Remove the other name', catalogues: CONFIG,
  },
  'file/git': {
    severity: 'high', what: 'It is in a Git repository, with the secrets in it.',
    remedy: 'Rotate them: its history keeps them. Then seal it', catalogues: SECRETS,
  },
  'file/synced': {
    severity: 'high', what: 'A cloud keeps copies of it, with the secrets in it.',
    remedy: 'Move it out of the synchronised folder; rotate them', catalogues: SECRETS,
  },
  'file/copy': { severity: 'high', what: 'A copy beside it holds secrets in clear.', remedy: 'Delete it, then rotate them', catalogues: SECRETS },
  'file/left': {
    severity: 'medium', what: 'A killed command left it beside the file.', remedy: 'Run the command again: it is looked after', catalogues: SECRETS,
  },
  'file/tokens': {
    severity: 'medium', what: 'A client keeps tokens in it, in clear.',
    remedy: 'Sign in through the gate, which keeps them in its vault', catalogues: SECRETS,
  },
  'file/code': { severity: 'low', what: 'The client runs it as a script when it starts.', remedy: 'Read it as code', catalogues: CONFIG },
  'file/end-of-life': { severity: 'medium', what: 'Its client gets no updates any more.', remedy: 'Move to another client', catalogues: SUPPLY },
  'file/unread': { severity: 'low', what: 'It could not be looked at.', remedy: 'Run the audit as a user who may read it', catalogues: [] },
  'instructions/steered': {
    severity: 'high', what: 'It shows several signs of orders that are not its owner\'s.',
    remedy: 'Read it, with hidden characters shown; find out who wrote it',
    catalogues: ['MCP06', 'MCP10', 'ASI01', 'AML.T0051.001', 'SAFE-T1102'],
  },
} as const satisfies Readonly<Record<string, AuditRuleInfo>>;
export type AuditRule = keyof typeof AUDIT_RULES;

/** One thing that is wrong. **Holds no secret**: of one its place, a salted fingerprint and its last four characters. */
export interface AuditFinding {
  /** An audit's own, or `<detector>/<rule>`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly file: string;
  /** '' for the file as a whole. */
  readonly server: string;
  /** From the file's root. */
  readonly at: Path;
  readonly message: string;
  readonly remedy: string;
  readonly fingerprint?: string;
}

/** A finding of a rule; `more` says what of it is meant, in words that hold no value of the file. */
export function found(rule: AuditRule, place: Pick<AuditFinding, 'file'> & Partial<AuditFinding>, more = ''): AuditFinding {
  const { severity, what, remedy } = AUDIT_RULES[rule];
  return { rule, severity, server: '', at: [], remedy, ...place, message: `${what}${more === '' ? '' : ` (${more})`}` };
}
