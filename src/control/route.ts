import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Control } from './control.ts';
import { NAME } from './names.ts';

/** Who administers. One administrator (the holder of `admin.token`) until sign-in comes with its own issue. */
export interface Admin {
  readonly id: string;
  readonly may: readonly Access[];
}

export type Access = 'read' | 'change';

/** One request after it was authenticated, validated and authorised. */
export interface Asked<Query, Body> {
  readonly admin: Admin;
  /** Everything a route reads or writes is of this space. */
  readonly space: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** What the HTTP layer knows of a request, unvalidated. */
export interface RawRequest {
  readonly admin: Admin;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

export type Answer = Json | AsyncIterable<Json>;

/** One route, read as a checklist: who may, what may be asked, what is done. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `:name` is one path segment. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  /** A stream answers with one JSON object a line until the client leaves. */
  readonly streams: boolean;
  run(raw: RawRequest, control: Control): Promise<Answer>;
}

interface RouteSpec<Query extends z.ZodRawShape, Body extends z.ZodType> {
  readonly method: Route['method'];
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: Query;
  readonly body?: Body;
  readonly streams?: boolean;
  act(asked: Asked<z.infer<z.ZodObject<Query>>, z.infer<Body>>, control: Control): Promise<Answer>;
}

const SPACE = NAME.default('default');

/** Makes a route of its checklist; what it does not ask for (a query, a body) is refused. */
export function route<Query extends z.ZodRawShape = z.ZodRawShape, Body extends z.ZodType = z.ZodUndefined>(spec: RouteSpec<Query, Body>): Route {
  const query = z.strictObject({ ...spec.query, space: SPACE });
  return {
    method: spec.method, path: spec.path, summary: spec.summary, access: spec.access, query, body: spec.body, streams: spec.streams ?? false,
    run: async (raw, control) => {
      const { space } = validate(z.object({ space: SPACE }), raw.query, 'query');
      const { space: _, ...rest } = raw.query;
      // The types follow from the schemas that were just used; the compiler cannot see that an absent one is none.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const asked = validate(z.strictObject(spec.query ?? {}), rest, 'query') as z.infer<z.ZodObject<Query>>;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const body = validate(spec.body ?? z.undefined(), raw.body, 'body') as z.infer<Body>;
      authorize(raw.admin, spec.access);
      return spec.act({ admin: raw.admin, space, params: raw.params, query: asked, body, signal: raw.signal }, control);
    },
  };
}

/** Checks a value against its schema. Throws `ERR_REQUEST_INVALID` naming each place; values are never repeated (they may be secret). */
export function validate<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const read = schema.safeParse(value, { reportInput: false });
  if (read.success) return read.data;
  const problems = read.error.issues.slice(0, 5).map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new SallyportError('ERR_REQUEST_INVALID', problems.join('; '), { remedy: 'The fields of each request are in /api/v1/openapi.json.' });
}

function authorize(admin: Admin, access: Access): void {
  if (!admin.may.includes(access)) {
    throw new SallyportError('ERR_ADMIN_TOKEN', `${admin.id} may not ${access} here`, { remedy: 'Use a token with that right.' });
  }
}
