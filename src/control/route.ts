import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Access } from './access.ts';
import { refuseUnless } from './admins/administration.ts';
import { asNow, needRecentSignIn, whileStanding } from './admins/standing.ts';
import type { Control } from './control.ts';
import { NAME } from './names.ts';
import { asProposal, isWide } from './proposals/propose.ts';

/** Who administers. */
export interface Admin {
  /** Principal id: `<issuer>|<subject>`, or `sallyport|…` for the machine's own. */
  readonly id: string;
  /** At most this, whatever policy gives. */
  readonly may: readonly Access[];
  /** How they proved who they are. Absent: control itself acts, and no route can be asked so. */
  readonly proof?: AdminProof;
  /** Found out when a request is authorised: the roles held in its space, and whether this access is theirs everywhere. */
  readonly roles?: readonly string[];
  readonly organisation?: boolean;
  /** Set when a proposal is carried out: who approved exactly this request. */
  readonly approvals?: readonly string[];
  /** Set with them: not all of them may do it in the whole organisation, so it isn't done there, whoever proposed it. */
  readonly spaceOnly?: boolean;
  /** Set when a playbook's run asks: whom it names it did not find out by asking. */
  readonly ofRun?: true;
}

export interface AdminProof {
  /** `root`: the token of this machine's `admin.token`. `socket`: nothing but access to the socket; good for custodians alone. */
  readonly via: 'root' | 'session' | 'token' | 'break-glass' | 'socket';
  readonly kind: 'person' | 'workload';
  readonly groups: readonly string[];
  readonly proof: 'bearer' | 'dpop';
  /** Epoch ms. */
  readonly issuedAt: number;
  /** A token's: when its person signed in, however often it was renewed since. Epoch ms. */
  readonly signedInAt?: number;
  /** A session's: where its state is kept, which says whether it goes on. It opens nothing. */
  readonly session?: string;
  /** A token's: what ends it when it is revoked, as `<issuer>|<id>`. */
  readonly credentials?: readonly string[];
  /** Break-glass only: the space that was opened, `*` for all. */
  readonly space?: string;
}

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

export type Reach = 'space' | 'organisation';

/** One route, read as a checklist: who may, what may be asked, what is done. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `:name` is one path segment. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** What it reads and writes: one space's, or what belongs to the whole organisation. */
  readonly reach: Reach;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  /** What it answers with, for those who read it: published, and held against real answers by a test, not on the way. */
  readonly answer: z.ZodType | undefined;
  /** A stream answers until the client leaves: with one JSON object a line, or with events (`text/event-stream`, each `{event, data}`). */
  readonly streams: false | 'lines' | 'events';
  /** Only over the socket of this machine: what its body holds must not cross a network, nor a browser. */
  readonly local: boolean;
  run(raw: RawRequest, control: Control): Promise<Answer>;
}

interface RouteSpec<Query extends z.ZodRawShape, Body extends z.ZodType> {
  readonly method: Route['method'];
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly reach: Reach;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: z.ZodType;
  readonly streams?: 'lines' | 'events';
  readonly local?: boolean;
  /**
   * What its answer would show a secret of, the asker's alone: never done as a proposal, whose answer is the approver's. Gives
   * what to ask instead; undefined: this request's answer shows none.
   */
  readonly secretly?: (body: z.infer<Body>) => string | undefined;
  act(asked: Asked<z.infer<z.ZodObject<Query>>, z.infer<Body>>, control: Control): Promise<Answer>;
}

const SPACE = NAME.default('default');

/** Makes a route of its checklist; what it does not ask for (a query, a body) is refused. */
export function route<Query extends z.ZodRawShape = z.ZodRawShape, Body extends z.ZodType = z.ZodUndefined>(spec: RouteSpec<Query, Body>): Route {
  const query = z.strictObject({ ...spec.query, space: SPACE });
  return {
    method: spec.method, path: spec.path, summary: spec.summary, access: spec.access, reach: spec.reach, query, body: spec.body, answer: spec.answer,
    streams: spec.streams ?? false, local: spec.local ?? false,
    run: async (raw, control) => {
      const { space } = validate(z.object({ space: SPACE }), raw.query, 'query');
      const admin = await authorize(raw.admin, spec, space, control);
      const { space: _, ...rest } = raw.query;
      // The types follow from the schemas that were just used; the compiler cannot see that an absent one is none.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const asked = validate(z.strictObject(spec.query ?? {}), rest, 'query') as z.infer<z.ZodObject<Query>>;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const body = validate(spec.body ?? z.undefined(), raw.body, 'body') as z.infer<Body>;
      const stands = async (): Promise<boolean> => {
        const now = await asNow(raw.admin, control);
        return now !== undefined && authorize(now, spec, space, control).then(() => true);
      };
      const instead = spec.secretly?.(body);
      if (instead !== undefined && admin.approvals !== undefined) throw notByProposal(instead);
      const signal = spec.streams !== undefined ? whileStanding(admin, stands, raw.signal) : raw.signal;
      try {
        return await spec.act({ admin, space, params: raw.params, query: asked, body, signal }, control);
      } catch (error) {
        if (instead !== undefined && isWide(error)) throw notByProposal(instead);
        // What may not cross a network is not stored for a second person to read, either.
        throw spec.local === true ? error : await asProposal(error, spec, { ...raw, admin }, space, control);
      }
    },
  };
}

function notByProposal(instead: string): SallyportError {
  return new SallyportError('ERR_SECOND_PERSON', 'this takes two people, and its answer would show the second one a secret', { remedy: instead });
}

/** Checks a value against its schema. Throws `ERR_REQUEST_INVALID` naming each place; values are never repeated (they may be secret). */
export function validate<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const read = schema.safeParse(value, { reportInput: false });
  if (read.success) return read.data;
  const problems = read.error.issues.slice(0, 5).map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new SallyportError('ERR_REQUEST_INVALID', problems.join('; '), { remedy: 'The fields of each request are in /api/v1/openapi.json.' });
}

/**
 * Asks policy. What belongs to the organisation is asked of the default space and needs the access everywhere. Throws
 * `ERR_ADMIN_FORBIDDEN`, and records it.
 */
async function authorize(
  admin: Admin, { access, reach, path }: Pick<Route, 'access' | 'path' | 'reach'>, space: string, control: Control,
): Promise<Admin> {
  const part = path.split('/')[1] ?? '';
  const everywhere = await control.admins.decide(admin, { access, space: '*', part });
  const question = { access, space: reach === 'organisation' && access !== 'self' ? '*' : space, part };
  const decision = question.space === '*' ? everywhere : await control.admins.decide(admin, question);
  try {
    refuseUnless(decision, admin, question);
  } catch (error) {
    await control.record({
      event: 'admin.refused', space, principal: admin.id, action: `${part}.${access}`, code: 'ERR_ADMIN_FORBIDDEN', policies: decision.policies,
      detail: { via: admin.proof?.via ?? 'none' },
    });
    throw error;
  }
  needRecentSignIn(admin, access, control.now());
  if (reach === 'organisation' && space !== DEFAULT_SPACE) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'this belongs to the whole organisation, not to one space', { remedy: 'Ask without a space.' });
  }
  return { ...admin, roles: await control.admins.rolesOf(admin, space), organisation: everywhere.outcome === 'allow' && admin.spaceOnly !== true };
}
