import type { JsonObject } from './json.ts';
import type { Revision, RpcId } from './message.ts';

/** Every stable error code, in one closed union: messages may change, codes do not. Grouped by the room that raises them. */
export const ERROR_CODES = [
  // mcp: a message that cannot be decoded
  'ERR_BODY_TOO_LARGE', 'ERR_BODY_ENCODING', 'ERR_JSON_INVALID', 'ERR_JSON_DUPLICATE_KEY', 'ERR_JSON_TOO_DEEP', 'ERR_JSON_TOO_MANY_KEYS',
  'ERR_JSON_NUMBER_PRECISION', 'ERR_RPC_INVALID', 'ERR_RPC_BATCH', 'ERR_RPC_DIRECTION', 'ERR_CONTENT_TYPE', 'ERR_ACCEPT',
  'ERR_HEADER_MISMATCH', 'ERR_HEADER_REPEATED', 'ERR_HEADER_ENCODING', 'ERR_VERSION_UNSUPPORTED', 'ERR_ENVELOPE_MISSING',
  'ERR_METHOD_UNKNOWN', 'ERR_METHOD_NOT_ALLOWED', 'ERR_PARAMS_INVALID', 'ERR_CAPABILITY_MISSING', 'ERR_STATE_INVALID',
  // gateway
  'ERR_HOST_FORBIDDEN', 'ERR_ORIGIN_FORBIDDEN', 'ERR_ROUTE_UNKNOWN', 'ERR_SESSION_MISSING', 'ERR_SESSION_UNKNOWN', 'ERR_SESSION_OWNER_LOST',
  'ERR_LIMIT_OPEN_EXCHANGES', 'ERR_LIMIT_MESSAGES', 'ERR_LIMIT_BULK', 'ERR_LIMIT_DENIALS', 'ERR_LIMIT_CONTEXTS', 'ERR_RATE_LIMITED',
  'ERR_APPROVAL_REQUIRED', 'ERR_APPROVAL_DENIED', 'ERR_APPROVAL_UNSHOWABLE', 'ERR_LIMIT_APPROVALS',
  'ERR_CIRCUIT_OPEN', 'ERR_SNAPSHOT_NONE', 'ERR_SNAPSHOT_SIGNATURE', 'ERR_SNAPSHOT_ROLLBACK',
  'ERR_LEASE_EXPIRED', 'ERR_KILLED', 'ERR_INTERNAL', 'ERR_DEADLINE', 'ERR_LISTEN',
  // identity
  'ERR_TOKEN_MISSING', 'ERR_TOKEN_INVALID', 'ERR_TOKEN_EXPIRED', 'ERR_TOKEN_AUDIENCE', 'ERR_TOKEN_REVOKED',
  'ERR_TOKEN_LIFETIME', 'ERR_TOKEN_QUERY', 'ERR_TOKEN_SCOPE', 'ERR_TOKEN_ZONE', 'ERR_PROOF_INVALID', 'ERR_PROOF_NONCE', 'ERR_PROOF_REQUIRED',
  'ERR_AGENT_UNKNOWN', 'ERR_AGENT_EXPIRED', 'ERR_ISSUER_UNAVAILABLE',
  // registry
  'ERR_SERVER_UNKNOWN', 'ERR_SERVER_NOT_APPROVED', 'ERR_SERVER_QUARANTINED', 'ERR_TOOL_UNKNOWN', 'ERR_PIN_DRIFT', 'ERR_PIN_UNVERIFIED',
  'ERR_SURFACE_TOO_LARGE', 'ERR_SURFACE_INVALID', 'ERR_CONFIG_SYNTAX', 'ERR_CONFIG_INVALID', 'ERR_LAUNCH_UNPINNED', 'ERR_LAUNCH_FORBIDDEN',
  'ERR_EXPOSURE', 'ERR_DEFINITION_BLOCKED', 'ERR_SERVER_JSON', 'ERR_CATALOG_INVALID', 'ERR_CATALOG_HELD',
  // policy
  'ERR_POLICY_DENIED', 'ERR_INSPECTION_INCOMPLETE', 'ERR_QUARANTINED', 'ERR_POLICY_SYNTAX', 'ERR_POLICY_INVALID', 'ERR_POLICY_UNSUPPORTED',
    'ERR_POLICY_NEVER_MATCHES',
  'ERR_POLICY_EQUIVALENCE', 'ERR_POLICY_ERROR', 'ERR_OBLIGATION_UNKNOWN',
  // audit
  'ERR_JOURNAL_UNAVAILABLE', 'ERR_JOURNAL_BACKLOG', 'ERR_JOURNAL_CORRUPT', 'ERR_BODY_UNREADABLE', 'ERR_LEGAL_HOLD', 'ERR_LOG_INCONSISTENT', 'ERR_QUERY_INVALID',
  'ERR_SINK_BEHIND',
  'ERR_BUNDLE_INVALID',
  // upstream and runner
  'ERR_UPSTREAM_UNREACHABLE', 'ERR_UPSTREAM_TIMEOUT', 'ERR_UPSTREAM_STATUS', 'ERR_UPSTREAM_PROTOCOL', 'ERR_UPSTREAM_TOO_LARGE',
  'ERR_UPSTREAM_REDIRECT', 'ERR_UPSTREAM_ADDRESS', 'ERR_UPSTREAM_TLS', 'ERR_UPSTREAM_CREDENTIAL', 'ERR_UPSTREAM_CONNECT', 'ERR_UPSTREAM_REFUSED',
  'ERR_UPSTREAM_SESSION', 'ERR_UPSTREAM_CLOSED', 'ERR_RUNNER_SPAWN', 'ERR_RUNNER_LIMIT', 'ERR_RUNNER_EXITED',
  'ERR_SANDBOX_UNAVAILABLE',
  // egress: where a local server may not connect to
  'ERR_EGRESS_FORBIDDEN', 'ERR_EGRESS_ADDRESS', 'ERR_EGRESS_NAME', 'ERR_EGRESS_OPENING', 'ERR_EGRESS_LIMIT',
  'ERR_EGRESS_TICKET',
  // packages: what is fetched when a server is declared, and what it runs from
  'ERR_PACKAGE_UNKNOWN', 'ERR_PACKAGE_UNREACHABLE', 'ERR_PACKAGE_INVALID', 'ERR_PACKAGE_INTEGRITY', 'ERR_PACKAGE_ARCHIVE', 'ERR_PACKAGE_UNSUPPORTED',
  'ERR_PACKAGE_TOO_NEW', 'ERR_PACKAGE_PROVENANCE', 'ERR_PACKAGE_TAMPERED', 'ERR_PACKAGE_MISSING', 'ERR_PACKAGE_RUNTIME',
  // vault: keys, sealed values, providers, and what is released to gateways
  'ERR_VAULT_KEY', 'ERR_VAULT_LOCKED', 'ERR_VAULT_SEAL', 'ERR_SECRET_EXPIRED', 'ERR_PROVIDER_FAILED', 'ERR_RELEASE_REFUSED', 'ERR_RELEASE_RATE',
  // vendors: what may not be asked of their endpoints
  'ERR_PROBE_FORBIDDEN',
  // backup and recovery
  'ERR_MAIL_UNSET', 'ERR_MAIL_REFUSED', 'ERR_JOB_UNKNOWN', 'ERR_JOB_TAKEN', 'ERR_JOB_FAILED',
  'ERR_BACKUP_KEY', 'ERR_BACKUP_INVALID', 'ERR_BACKUP_FAILED', 'ERR_RECOVERY_ORDER',
  // range: rehearsals in an installation of their own
  'ERR_RANGE_STOPPED', 'ERR_RANGE_REFUSED', 'ERR_MODEL_FAILED',
  // playbooks: one that cannot be taken in, one whose signature is not what it must be, and a run that cannot go on as asked
  'ERR_PLAYBOOK_INVALID', 'ERR_PLAYBOOK_SIGNATURE', 'ERR_PLAYBOOK_STATE',
  // link, store, control, cli
  'ERR_FLOW_UNKNOWN', 'ERR_LINK_UNAVAILABLE', 'ERR_LINK_FORBIDDEN', 'ERR_LINK_FRAME', 'ERR_LINK_AUTH', 'ERR_STORE_UNAVAILABLE', 'ERR_STORE_MIGRATION',
  'ERR_CONFLICT', 'ERR_NOT_FOUND', 'ERR_REQUEST_INVALID', 'ERR_ADMIN_TOKEN', 'ERR_SIGN_IN', 'ERR_USAGE', 'ERR_NOT_RUNNING', 'ERR_ALREADY_RUNNING',
  'ERR_ADMIN_FORBIDDEN', 'ERR_ADMIN_CSRF', 'ERR_PROPOSAL_STORED', 'ERR_SECOND_PERSON', 'ERR_BREAK_GLASS',
  'ERR_APPROVER', 'ERR_PRESENCE', 'ERR_NOT_SHOWN', 'ERR_CONSOLE_MISSING',
  'ERR_CONNECTION_INVALID', 'ERR_PASSWORD_WEAK', 'ERR_BUSY', 'ERR_FORM_FORGED', 'ERR_SIGN_IN_REFUSED', 'ERR_SIGN_IN_EXPIRED', 'ERR_SIGN_IN_OLD',
  'ERR_CONFIG_TAMPERED', 'ERR_CONFIG_ROLLED_BACK', 'ERR_FILE_UNSAFE',
  'ERR_CLIENT_UNKNOWN', 'ERR_FILE_CHANGED', 'ERR_FILE_UNREADABLE', 'ERR_VERIFY_FAILED', 'ERR_SEGMENT_INCOMPLETE', 'ERR_SEGMENT_INVALID', 'ERR_EVAL_NOT_RUN',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetail {
  /** What the person or client can do about it. */
  readonly remedy?: string;
  /** Kept in records, never sent to a client. Must not hold a secret. */
  readonly internal?: string;
  /** For upstream errors: false proves that the request never reached the server, so a retry is safe. */
  readonly dispatched?: boolean;
  readonly cause?: unknown;
  /** Public members that the protocol wants in `error.data` (the supported versions, the header that disagrees). */
  readonly data?: JsonObject;
  /** The JSON-RPC id and revision of the message that is refused, as far as they could be read, so that the answer fits it. */
  readonly origin?: ErrorOrigin;
}

export interface ErrorOrigin {
  readonly id: RpcId | null;
  readonly revision: Revision;
}

/** A fault: something broke or was malformed. (What policy refuses is a `Denial`, which is a value.) */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly internal: string | undefined;
  readonly dispatched: boolean;
  readonly data: JsonObject | undefined;
  readonly origin: ErrorOrigin | undefined;

  /** `message` is public: it may reach a client. */
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'SallyportError';
    this.code = code;
    this.remedy = detail.remedy;
    this.internal = detail.internal;
    this.dispatched = detail.dispatched ?? true;
    this.data = detail.data;
    this.origin = detail.origin;
  }
}
