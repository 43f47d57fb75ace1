import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { digestOf } from '../../registry/canonical.ts';
import type { Rows } from '../../store/store.ts';
import { asJson } from '../as-json.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { isRevoked } from '../people/revoked.ts';
import { standingNow } from '../registry/catalog.ts';
import { declareServer } from '../servers/declare.ts';
import type { NewServer } from '../servers/declare.ts';
import { NEW_SERVER } from '../servers/schema.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { NEW_REQUEST, RegistryRequest, REVIEW } from './schema.ts';
import { needOther } from './separation.ts';
import { checkWanted } from './wanted.ts';
import type { z } from 'zod';

const DAY_MS = 24 * 60 * 60_000;

/** Anybody who signed in may ask; nothing happens by it. Throws `ERR_RATE_LIMITED`, `ERR_CONFLICT`. */
export async function ask({ admin, space }: By, { wanted, purpose }: z.infer<typeof NEW_REQUEST>, control: Control): Promise<JsonObject> {
  const at = control.now();
  if (await control.state.increment(`registry-requests/${Math.floor(at / DAY_MS)}/${admin.id}`, 1, DAY_MS) > LIMITS.registryRequestsPerDayMax) {
    throw new SallyportError('ERR_RATE_LIMITED', 'that is enough for one day', { remedy: 'Talk to an administrator.' });
  }
  const id = Bun.randomUUIDv7();
  await control.store.transaction(async (rows) => {
    const open = (await listStored(rows, 'registry-request', space)).filter(({ body }) => isOpen(body, at));
    if (open.length >= LIMITS.registryRequestsOpenMax) throw new SallyportError('ERR_CONFLICT', 'too many requests are open', { remedy: 'Try again later.' });
    const request: RegistryRequest = { wanted, purpose, requester: { id: admin.id, at }, state: 'requested', expiresAt: at + LIMITS.registryRequestMs };
    await control.record({
      event: 'registry.requested', space, ...whoOf(admin), action: 'request.add', reason: purpose,
        detail: { resource: 'registry-request', id, wanted: asJson(wanted) },
    });
    await putStored(rows, 'registry-request', space, id, request, admin.id);
  });
  return { id, state: 'requested' };
}

/** A reviewer says what exactly is to be declared; not who asked. */
export async function review(by: By, id: string, { definition, note }: z.infer<typeof REVIEW>, control: Control): Promise<JsonObject> {
  const standing = await standingNow(control);
  return step(by, id, control, async (rows, request) => {
    needState(request, ['requested', 'reviewed'], control.now());
    await needOther(rows, by, 'reviews', [{ who: request.requester.id, did: 'asked for' }]);
    const facts = [...await checkWanted(rows, by.space, request, definition, standing)];
    const digest = digestOfReview(request, definition);
    return {
      next: { ...request, state: 'reviewed', review: { definition, note, by: by.admin.id, at: control.now(), digest, facts } },
      event: 'registry.reviewed', reason: note, digest, answer: { id, state: 'reviewed', digest },
    };
  });
}

/** A third person lets it be declared, exactly as it was reviewed. Throws `ERR_CONFLICT`, `ERR_SECOND_PERSON`, and what declaring throws. */
export async function approve(by: By, id: string, shown: string, control: Control): Promise<Json> {
  const standing = await standingNow(control);
  const check = async (rows: Rows): Promise<Reviewed> => {
    const { body: request } = await needStored(rows, 'registry-request', by.space, id);
    needState(request, ['reviewed'], control.now());
    const { review: reviewed } = request;
    const definition = reviewed === undefined ? undefined : NEW_SERVER.parse(reviewed.definition);
    if (reviewed === undefined || definition === undefined || reviewed.digest !== shown || digestOfReview(request, definition) !== shown) {
      throw new SallyportError('ERR_CONFLICT', 'what was shown is not what was reviewed', { remedy: 'Show the request again, read it, then approve.' });
    }
    await needOther(rows, by, 'approves', [{ who: request.requester.id, did: 'asked for' }, { who: reviewed.by, did: 'reviewed' }]);
    if (await isRevoked(control.store, reviewed.by)) {
      throw new SallyportError('ERR_SECOND_PERSON', 'its reviewer was deactivated meanwhile', { remedy: 'Have somebody else review it.' });
    }
    await checkWanted(rows, by.space, request, definition, standing);
    return { request, definition, reviewer: reviewed.by };
  };
  const { definition, reviewer } = await check(control.store);
  return declareServer(by, definition, control, {
    declaredBy: reviewer, detail: { request: id, digest: shown },
    also: async (rows) => {
      const { request } = await check(rows);
      await putStored(rows, 'registry-request', by.space, id, { ...request, state: 'approved', approval: { by: by.admin.id, at: control.now() } }, by.admin.id);
    },
  }).then(async (server) => {
    await control.record({
      event: 'registry.approved', space: by.space, ...whoOf(by.admin), action: 'request.approve', digest: shown, server: definition.id,
      detail: { resource: 'registry-request', id, server: definition.id, reviewer },
    });
    return { id, state: 'approved', server };
  });
}

interface Reviewed {
  readonly request: RegistryRequest;
  readonly definition: NewServer;
  readonly reviewer: string;
}

export async function refuse(by: By, id: string, reason: string, control: Control): Promise<JsonObject> {
  return step(by, id, control, async (rows, request) => {
    needState(request, ['requested', 'reviewed'], control.now());
    await needOther(rows, by, 'refuses', [{ who: request.requester.id, did: 'asked for' }]);
    const refusal = { by: by.admin.id, at: control.now(), reason };
    return { next: { ...request, state: 'refused', refusal }, event: 'registry.refused', reason, answer: { id, state: 'refused' } };
  });
}

/** Whoever asked may take it back. Throws `ERR_NOT_FOUND` for anybody else. */
export async function withdraw(by: By, id: string, control: Control): Promise<JsonObject> {
  return step(by, id, control, async (_, request) => {
    if (request.requester.id !== by.admin.id) throw new SallyportError('ERR_NOT_FOUND', `you did not ask for ${id}`,
      { remedy: 'See your own: sallyport registry requests --mine' });
    needState(request, ['requested', 'reviewed'], control.now());
    return { next: { ...request, state: 'withdrawn' }, event: 'registry.refused', answer: { id, state: 'withdrawn' } };
  });
}

interface Step {
  readonly next: RegistryRequest;
  readonly event: 'registry.reviewed' | 'registry.refused';
  readonly reason?: string;
  readonly digest?: string;
  readonly answer: JsonObject;
}

/** One step of a request: on record before it is stored, in one transaction. */
async function step(
  { admin, space }: By, id: string, control: Control, act: (rows: Rows, request: RegistryRequest) => Promise<Step>,
): Promise<JsonObject> {
  return control.store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'registry-request', space, id);
    const { next, event, reason, digest, answer } = await act(rows, body);
    await control.record({
      event, space, ...whoOf(admin), action: `request.${next.state}`, ...(reason === undefined ? {} : { reason }), ...(digest === undefined ? {} : { digest }),
      detail: { resource: 'registry-request', id, state: next.state, ...(next.review === undefined ? {} : { server: next.review.definition.id }) },
    });
    await putStored(rows, 'registry-request', space, id, next, admin.id);
    return answer;
  });
}

export function isOpen({ state, expiresAt }: RegistryRequest, now: number): boolean {
  return (state === 'requested' || state === 'reviewed') && expiresAt > now;
}

function needState(request: RegistryRequest, states: readonly RegistryRequest['state'][], now: number): void {
  if (states.includes(request.state) && isOpen(request, now)) return;
  const is = isOpen(request, now) || request.state === 'approved' || request.state === 'refused' || request.state === 'withdrawn' ? request.state : 'expired';
  throw new SallyportError('ERR_CONFLICT', `the request is ${is}`, { remedy: 'See `sallyport registry requests`; ask for it anew where it is over.' });
}

/** Of what was asked, by whom, and what would be declared. */
function digestOfReview({ wanted, purpose, requester }: RegistryRequest, definition: NewServer): string {
  return digestOf(asJson({ wanted, purpose, requester, definition }));
}
