import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';

const SCIM_TYPE = 'application/scim+json';
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** RFC 7644 section 3.12, table 9. */
export type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue';

/** What a directory asked for wrongly. `detail` is public and repeats nothing that was sent. */
export class ScimFault extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

export function scimResponse(status: number, body: JsonObject | undefined, headers: Readonly<Record<string, string>> = {}): Response {
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': SCIM_TYPE, ...headers } });
}

const STATUS: Readonly<Partial<Record<SallyportError['code'], number>>> = {
  ERR_NOT_FOUND: 404, ERR_CONFLICT: 409, ERR_BODY_TOO_LARGE: 413, ERR_STORE_UNAVAILABLE: 503, ERR_JOURNAL_UNAVAILABLE: 503,
};

/** Any fault in the form of RFC 7644 section 3.12. What is not a directory's fault is thrown on, for the door to report. */
export function refuseScim(error: unknown): Response {
  if (error instanceof ScimFault) return scimResponse(error.status, bodyOf(error.status, error.message, error.scimType));
  const status = error instanceof SallyportError ? STATUS[error.code] : undefined;
  if (!(error instanceof SallyportError) || status === undefined) throw error;
  return scimResponse(status, bodyOf(status, error.message, undefined));
}

function bodyOf(status: number, detail: string, scimType: ScimType | undefined): JsonObject {
  return { schemas: [ERROR_SCHEMA], status: String(status), detail, ...(scimType === undefined ? {} : { scimType }) };
}
