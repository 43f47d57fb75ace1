import type { ErrorCode } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { eraOf, type Era, type ErrorMessage, type Revision, type RpcId } from '../domain/message.ts';

/** How one error is told to a client. */
export interface Rung {
  readonly httpStatus: number;
  readonly rpcCode: number;
}

/** Where the status says nothing that the body does not say better: clients read a JSON-RPC error under 200 reliably. */
type InBand = 'never' | 'legacy' | 'always';
type Row = readonly [rpcCode: number, httpStatus: number, inBand: InBand];

const PARSE = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL = -32603;

/**
 * Codes of our own stand outside JSON-RPC's reserved −32768…−32000 and repeat, ×10, the HTTP status they are akin to.
 * Session errors of the legacy era have the codes that its clients know.
 */
const ROWS: Partial<Record<ErrorCode, Row>> = {
  // what cannot be decoded (protocol.md 3.4)
  ERR_BODY_TOO_LARGE:        [INVALID_REQUEST, 413, 'never'],
  ERR_BODY_ENCODING:         [PARSE, 400, 'never'],
  ERR_JSON_INVALID:          [PARSE, 400, 'never'],
  ERR_JSON_DUPLICATE_KEY:    [PARSE, 400, 'never'],
  ERR_JSON_TOO_DEEP:         [PARSE, 400, 'never'],
  ERR_JSON_TOO_MANY_KEYS:    [PARSE, 400, 'never'],
  ERR_JSON_NUMBER_PRECISION: [PARSE, 400, 'never'],
  ERR_RPC_INVALID:           [INVALID_REQUEST, 400, 'never'],
  ERR_RPC_BATCH:             [INVALID_REQUEST, 400, 'never'],
  ERR_RPC_DIRECTION:         [INVALID_REQUEST, 400, 'never'],
  ERR_CONTENT_TYPE:          [INVALID_REQUEST, 415, 'never'],
  ERR_ACCEPT:                [INVALID_REQUEST, 406, 'never'],
  ERR_HEADER_MISMATCH:       [-32020, 400, 'never'],
  ERR_HEADER_REPEATED:       [-32020, 400, 'never'],
  ERR_HEADER_ENCODING:       [-32020, 400, 'never'],
  ERR_VERSION_UNSUPPORTED:   [-32022, 400, 'never'],
  ERR_ENVELOPE_MISSING:      [INVALID_PARAMS, 400, 'never'],
  ERR_METHOD_UNKNOWN:        [METHOD_NOT_FOUND, 404, 'legacy'],
  ERR_METHOD_NOT_ALLOWED:    [-32000, 405, 'never'],
  ERR_PARAMS_INVALID:        [INVALID_PARAMS, 400, 'always'],
  ERR_CAPABILITY_MISSING:    [-32021, 400, 'never'],
  ERR_STATE_INVALID:         [INVALID_PARAMS, 400, 'always'],
  // the door
  ERR_HOST_FORBIDDEN:        [4030, 403, 'never'],
  ERR_ORIGIN_FORBIDDEN:      [4030, 403, 'never'],
  ERR_ROUTE_UNKNOWN:         [4040, 404, 'never'],
  ERR_SERVER_UNKNOWN:        [4040, 404, 'never'],
  ERR_SESSION_MISSING:       [-32000, 400, 'never'],
  ERR_SESSION_UNKNOWN:       [-32001, 404, 'never'],
  ERR_UPSTREAM_SESSION:      [-32001, 404, 'never'],
  ERR_TOKEN_MISSING:         [4010, 401, 'never'],
  ERR_TOKEN_INVALID:         [4010, 401, 'never'],
  ERR_TOKEN_EXPIRED:         [4010, 401, 'never'],
  ERR_TOKEN_AUDIENCE:        [4010, 401, 'never'],
  ERR_TOKEN_REVOKED:         [4010, 401, 'never'],
  ERR_TOKEN_LIFETIME:        [4010, 401, 'never'],
  ERR_TOKEN_ZONE:            [4010, 401, 'never'],
  ERR_PROOF_INVALID:         [4010, 401, 'never'],
  ERR_PROOF_NONCE:           [4010, 401, 'never'],
  ERR_AGENT_UNKNOWN:         [4010, 401, 'never'],
  ERR_TOKEN_QUERY:           [INVALID_REQUEST, 400, 'never'],
  ERR_TOKEN_SCOPE:           [4034, 403, 'never'],
  ERR_LIMIT_OPEN_EXCHANGES:  [4290, 429, 'never'],
  ERR_LIMIT_DENIALS:         [4290, 429, 'never'],
  ERR_LIMIT_CONTEXTS:        [4290, 429, 'always'],
  ERR_RATE_LIMITED:          [4290, 429, 'always'],
  ERR_LIMIT_BULK:            [4130, 413, 'always'],
  ERR_LIMIT_APPROVALS:       [4290, 429, 'always'],
  // what is refused: in-band, because a 403 would send clients after another token
  ERR_TOOL_UNKNOWN:          [INVALID_PARAMS, 404, 'always'],
  ERR_POLICY_DENIED:         [4030, 403, 'always'],
  ERR_INSPECTION_INCOMPLETE: [4130, 413, 'always'],
  ERR_QUARANTINED:           [4036, 403, 'always'],
  ERR_POLICY_ERROR:          [4030, 403, 'always'],
  ERR_OBLIGATION_UNKNOWN:    [4030, 403, 'always'],
  ERR_PROOF_REQUIRED:        [4030, 403, 'always'],
  ERR_APPROVAL_REQUIRED:     [4035, 403, 'always'],
  ERR_APPROVAL_DENIED:       [4030, 403, 'always'],
  ERR_APPROVAL_UNSHOWABLE:   [4130, 413, 'always'],
  ERR_PIN_DRIFT:             [4031, 403, 'always'],
  ERR_PIN_UNVERIFIED:        [4031, 403, 'always'],
  ERR_SERVER_NOT_APPROVED:   [4032, 403, 'always'],
  ERR_SERVER_QUARANTINED:    [4032, 403, 'always'],
  ERR_EXPOSURE:              [4032, 403, 'always'],
  ERR_KILLED:                [4033, 403, 'always'],
  ERR_AGENT_EXPIRED:         [4033, 403, 'always'],
  // the gate cannot judge now: it denies, and says that trying again is sensible
  ERR_SNAPSHOT_NONE:         [5030, 503, 'never'],
  ERR_SNAPSHOT_SIGNATURE:    [5030, 503, 'never'],
  ERR_SNAPSHOT_ROLLBACK:     [5030, 503, 'never'],
  ERR_LEASE_EXPIRED:         [5030, 503, 'never'],
  ERR_JOURNAL_UNAVAILABLE:   [5030, 503, 'never'],
  ERR_JOURNAL_BACKLOG:       [5030, 503, 'never'],
  ERR_SINK_BEHIND:           [5030, 503, 'never'],
  ERR_LOG_INCONSISTENT:      [5030, 503, 'never'],
  ERR_FLOW_UNKNOWN:          [5030, 503, 'never'],
  ERR_LINK_UNAVAILABLE:      [5030, 503, 'never'],
  ERR_STORE_UNAVAILABLE:     [5030, 503, 'never'],
  ERR_ISSUER_UNAVAILABLE:    [5030, 503, 'never'],
  ERR_SESSION_OWNER_LOST:    [5030, 503, 'never'],
  // the server behind the gate: the gate itself works, so the status stays 200
  ERR_LIMIT_MESSAGES:        [5020, 502, 'always'],
  ERR_SURFACE_TOO_LARGE:     [5020, 502, 'always'],
  ERR_SURFACE_INVALID:       [5020, 502, 'always'],
  ERR_UPSTREAM_UNREACHABLE:  [5020, 502, 'always'],
  ERR_UPSTREAM_STATUS:       [5020, 502, 'always'],
  ERR_UPSTREAM_PROTOCOL:     [5020, 502, 'always'],
  ERR_UPSTREAM_TOO_LARGE:    [5020, 502, 'always'],
  ERR_UPSTREAM_REDIRECT:     [5020, 502, 'always'],
  ERR_UPSTREAM_ADDRESS:      [5020, 502, 'always'],
  ERR_UPSTREAM_TLS:          [5020, 502, 'always'],
  ERR_UPSTREAM_CREDENTIAL:   [5020, 502, 'always'],
  ERR_SECRET_EXPIRED:        [5020, 502, 'always'],
  ERR_UPSTREAM_REFUSED:      [5020, 502, 'always'],
  ERR_UPSTREAM_CONNECT:      [4034, 403, 'always'],
  ERR_UPSTREAM_CLOSED:       [5020, 502, 'always'],
  ERR_RUNNER_SPAWN:          [5020, 502, 'always'],
  ERR_RUNNER_LIMIT:          [5020, 502, 'always'],
  ERR_RUNNER_EXITED:         [5020, 502, 'always'],
  ERR_SANDBOX_UNAVAILABLE:   [5030, 503, 'always'],
  ERR_PACKAGE_MISSING:       [5020, 502, 'always'],
  ERR_PACKAGE_TAMPERED:      [5020, 502, 'always'],
  ERR_PACKAGE_RUNTIME:       [5020, 502, 'always'],
  ERR_PACKAGE_UNSUPPORTED:   [5020, 502, 'always'],
  ERR_UPSTREAM_TIMEOUT:      [5040, 504, 'always'],
  ERR_CIRCUIT_OPEN:          [5030, 503, 'always'],
  ERR_DEADLINE:              [5040, 504, 'always'],
};

/** Anything else is a fault of ours, of which the client learns nothing but that it happened. */
const FAULT: Row = [INTERNAL, 500, 'never'];

/** `transport`: the answer is to an HTTP exchange that never became a message, so its status alone must say it. */
export function rungOf(code: ErrorCode, era: Era, transport = false): Rung {
  const [rpcCode, httpStatus, inBand] = ROWS[code] ?? FAULT;
  const is200 = !transport && (inBand === 'always' || inBand === era);
  return { httpStatus: is200 ? 200 : httpStatus, rpcCode };
}

/** What is refused, and why: a `SallyportError` is one. */
export interface Refused {
  readonly code: ErrorCode;
  /** Public. */
  readonly message: string;
  readonly remedy?: string | undefined;
  /** Public members of `error.data` that the protocol asks for. */
  readonly data?: JsonObject | undefined;
}

export interface RefusalContext {
  readonly id: RpcId | null;
  readonly revision: Revision;
  /** The exchange's id, by which an administrator finds the record. */
  readonly exchange: string | undefined;
  readonly transport?: boolean;
}

/** One answer for what is not there and for what is hidden: any difference would tell which of the two it is (invariant 7). */
const UNKNOWN: Refused = {
  code: 'ERR_TOOL_UNKNOWN',
  message: 'Unknown tool, prompt or resource',
  remedy: 'List what there is, or ask an administrator for access.',
};
const INTERNAL_FAULT: Refused = { code: 'ERR_INTERNAL', message: 'The gate failed on this request.' };

/** What the client sees of a refusal or fault: a JSON-RPC error whose `data` has our code, the exchange id and the remedy. */
export function refusalOf(refused: Refused, { id, revision, exchange, transport }: RefusalContext): ErrorMessage {
  const { httpStatus, rpcCode } = rungOf(refused.code, eraOf(revision), transport);
  const { code, message, remedy, data } = told(refused);
  const members: JsonObject = {
    ...data,
    code,
    ...(exchange === undefined ? {} : { exchange }),
    ...(remedy === undefined ? {} : { remedy }),
  };
  return { kind: 'error', from: 'server', revision, id, httpStatus, error: { code: rpcCode, message, data: members } };
}

function told(refused: Refused): Refused {
  if (refused.code === 'ERR_TOOL_UNKNOWN') return UNKNOWN;
  return ROWS[refused.code] === undefined ? INTERNAL_FAULT : refused;
}
