import type { Decision, PolicyEngine } from '../../domain/decision.ts';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Principal } from '../../domain/principal.ts';
import { compilePolicies } from '../../policy/compile.ts';
import type { PolicySource } from '../../policy/compile.ts';
import { loadEngine } from '../../policy/engine.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import { splitPolicies } from '../../policy/split.ts';
import { isAdministrative } from '../../policy/vocabulary.ts';
import type { Rows } from '../../store/store.ts';
import type { Access } from '../access.ts';
import type { Admin } from '../route.ts';
import { listStored } from '../stored.ts';
import { scopeOf } from './api-uri.ts';
import { isHeldBy, isSound, roleSources } from './roles.ts';

/** What is asked: an access to a part of control in a space; `*` is the whole organisation. */
export interface AdminQuestion {
  readonly access: Access;
  readonly space: string;
  readonly part: string;
}

/** Who may administer what: the roles, and what the company forbids, decided by the engine that decides everything else. */
export interface Administration {
  /** Total: whatever goes wrong is no. */
  readonly decide: (admin: Admin, question: AdminQuestion) => Promise<Decision>;
  /** The roles that somebody holds in a space, for records and pages. */
  readonly rolesOf: (admin: Admin, space: string) => Promise<readonly string[]>;
}

const YES = { outcome: 'allow', policies: [], obligations: [], errors: [] } as const satisfies Decision;
const NO = { ...YES, outcome: 'deny' } as const satisfies Decision;

export function createAdministration(rows: Rows, now: () => number): Administration {
  const engineFor = createEngineKeeper(rows);
  return {
    decide: async (admin, question) => {
      const settled = settle(admin, question);
      if (settled !== undefined) return settled;
      const { access, space, part } = question;
      if (access === 'seal') return NO;
      const engine = await engineFor();
      return engine.decide({
        principal: principalOf(admin, space, now()), action: `admin_${access}`, resource: { kind: 'control', space, name: part }, context: { now: now() },
      });
    },
    rolesOf: async ({ id, proof }, space) => {
      if (proof?.via === 'root') return ['root'];
      if (proof?.via === 'break-glass') return ['break-glass'];
      const grants = (await listStored(rows, 'admin')).filter((grant) => isSound(grant) && (grant.body.space === '*' || grant.body.space === space));
      return [...new Set(grants.filter((grant) => isHeldBy(grant, { id, groups: proof?.groups ?? [] })).map(({ body }) => body.role))].sort();
    },
  };
}

/** What no policy decides: the holder of this machine's token, what custodians opened, and whoever has proved nothing. */
function settle({ may, proof }: Admin, { access, space }: AdminQuestion): Decision | undefined {
  if (proof === undefined || !may.includes(access)) return NO;
  if (proof.via === 'root' || proof.via === 'socket') return YES;
  if (proof.via !== 'break-glass') return undefined;
  return access === 'self' || proof.space === '*' || proof.space === space ? YES : NO;
}

function principalOf({ id, proof }: Admin, space: string, now: number): Principal {
  const { kind = 'person', groups = [], via = '', proof: bound = 'bearer', issuedAt = 0 } = proof ?? {};
  return { id, kind, space, groups, agent: via, actors: [], proof: bound, tokenAgeMs: Math.max(0, now - issuedAt), expiresAt: 0, credential: '' };
}

/** Throws `ERR_ADMIN_FORBIDDEN`, with which policy stood in the way when one did. */
export function refuseUnless(decision: Decision, admin: Admin, { access, space }: AdminQuestion): void {
  if (decision.outcome === 'allow') return;
  if (!admin.may.includes(access) && admin.proof?.via === 'token') {
    throw new SallyportError('ERR_ADMIN_FORBIDDEN', `this sign-in is not for ${access}`, {
      remedy: 'Sign in for more: sallyport sign-in --control URL', data: { scope: scopeOf(access) },
    });
  }
  const where = space === '*' ? 'for the whole organisation' : `in the space ${space}`;
  const forbids = decision.policies.join(', ');
  throw new SallyportError('ERR_ADMIN_FORBIDDEN', `${admin.id} may not ${access} ${where}`, {
    remedy: forbids === '' ? 'Ask an administrator for a role there (`admins:` in sallyport.yaml).' : `Policy ${forbids} forbids it.`,
  });
}

/** The engine of what the store holds now. It is compiled anew only when a role or a policy of the organisation changed. */
function createEngineKeeper(rows: Rows): () => Promise<PolicyEngine> {
  let kept: { readonly key: string; readonly engine: Promise<PolicyEngine> } | undefined;
  return async () => {
    const [admins, policies] = [await rows.list('admin'), await rows.list('policy', DEFAULT_SPACE)];
    const key = [...admins, ...policies].map(({ version }) => version).join();
    if (kept?.key !== key) kept = { key, engine: build(rows) };
    return kept.engine;
  };
}

async function build(rows: Rows): Promise<PolicyEngine> {
  const forbids = (await listStored(rows, 'policy', DEFAULT_SPACE)).flatMap(({ body }) => administrative(body.file, body.source));
  const sources = [...roleSources(await listStored(rows, 'admin')), ...forbids];
  const { administration } = await compilePolicies({ sources, servers: [], toolsets: [], obligations: [] });
  return loadEngine(administration, 0);
}

function administrative(file: string, text: string): readonly PolicySource[] {
  const chunks = splitPolicies(file, text).filter((chunk) => isAdministrative(parsePolicy(chunk, digestOfText(chunk.text)).draft?.actions ?? null));
  return chunks.map((chunk) => ({ file, text: chunk.text }));
}
