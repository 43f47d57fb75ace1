import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { SallyportError } from '../../domain/errors.ts';
import { diffDefinitions, renderDefinition } from '../../registry/diff.ts';
import { hasHidden, showHidden } from '../../domain/hidden.ts';
import { decodeJson } from '../../store/body.ts';
import type { Control } from '../control.ts';
import { findStored, listStored } from '../stored.ts';
import { readApprovers, type Approvers } from './approvers.ts';
import { pathOf } from './path.ts';
import { haveRisen, labelsNow, stateOf, type Approval } from './words.ts';

/** One of many: who asks for what, and where it stands; nothing of what the call says. */
export function summarize(approval: Approval, now: number, approvers: Approvers): { readonly [key: string]: Json } {
  const { id, body } = approval;
  const { askedAt, expiresAt, principal, server, resource, effect, gates, words, shape, exchange, escalatedAt, end } = body;
  const state = stateOf(approval, now);
  return {
    id, state, askedAt, expiresAt, exchange, principal: principal.id, agent: principal.agent, server, name: resource.name, effect: effect ?? null, shape,
    needs: gates.map(({ value }) => value), approvedBy: words.map(({ by }) => by), escalated: escalatedAt !== undefined,
    lacking: state === 'pending' ? approvers.lacking(approval).map((one) => ({ ...one })) : [],
    ...(end === undefined ? {} : { end: { by: end.by, at: end.at, reason: end.reason } }),
  };
}

/** Everything that an approver is shown. Texts are for people: whatever can't be seen in them is shown as what it is. */
export interface Shown {
  readonly approval: Approval;
  readonly params: JsonObject;
  /** The params whole, a value a line. */
  readonly text: string;
  /** The same as they are signed for: one line, nothing left out. */
  readonly exact: string;
  readonly hasHidden: boolean;
  /** What a dry run of it said that it would do. */
  readonly preview?: string;
  /** How they differ from the last call of the same item that was approved. */
  readonly before?: { readonly id: string; readonly at: number; readonly diff: string };
  /** What was approved of the item when its server was; what it says that it does. */
  readonly definition?: string;
  /** Where its values come from, a line each: the path that they took. */
  readonly path: readonly string[];
  readonly policies: readonly { readonly id: string; readonly text: string }[];
  readonly labels: Json;
  readonly risen: boolean;
  readonly approvers: Approvers;
}

/** Opens one to show it. Throws `ERR_CONFLICT` when it is over and nothing is kept of it, `ERR_VAULT_*`. */
export async function openApproval(control: Control, approval: Approval): Promise<Shown> {
  const { store, compiler } = control;
  const { space, body } = approval;
  const content = await contentOf(control, approval);
  if (content === undefined) {
    throw new SallyportError('ERR_CONFLICT', `this approval is ${stateOf(approval, control.now())}; what it was about is not kept`, {
      remedy: `See its records: sallyport audit --exchange ${body.exchange}`,
    });
  }
  const { params, preview } = content;
  const before = await lastOf(control, approval);
  const known = before === undefined ? undefined : (await contentOf(control, before))?.params;
  const baseline = await findStored(store, 'baseline', space, body.resource.server);
  const tool = baseline?.body.surface.tools.find(({ name, digest }) => name === body.resource.name && digest === body.pin);
  const ids = [...new Set(body.gates.map(({ policy }) => policy))];
  const exact = JSON.stringify(params);
  const hidden = hasHidden(exact) || hasHidden(JSON.stringify(preview));
  return {
    approval, params, text: renderDefinition(params), exact: showHidden(exact), hasHidden: hidden,
    ...(preview === null ? {} : { preview: renderDefinition(isObject(preview) ? preview : { preview }) }),
    ...(before === undefined || known === undefined ? {} : {
      before: { id: before.id, at: before.body.end?.at ?? before.body.askedAt, diff: diffDefinitions(known, params) },
    }),
    ...(tool === undefined ? {} : { definition: renderDefinition(tool.definition) }),
    path: await pathOf(control, approval),
    policies: ids.map((id) => ({ id, text: compiler.compiled?.policies.get(id)?.text ?? '' })),
    labels: { asked: { ...body.labels }, now: { ...(await labelsNow(store, space, body.flow)) } },
    risen: await haveRisen(store, approval), approvers: await readApprovers(store, space),
  };
}

/** What is shown, for the API. */
export function presentShown(shown: Shown, now: number): JsonObject {
  const { approval, params, text, exact, before, definition, path, policies, labels, risen, approvers } = shown;
  const { digest, behind, principal, action, findings, pin, flow } = approval.body;
  return {
    ...summarize(approval, now, approvers), digest, action, context: flow, actors: [...principal.actors], behind: behind.id, pin, params, text, exact,
    hidden: shown.hasHidden, ...(before === undefined ? {} : { before: { ...before } }), ...(definition === undefined ? {} : { definition }),
    ...(shown.preview === undefined ? {} : { preview: shown.preview }),
    path: [...path], policies: policies.map((one) => ({ ...one })), findings: JSON.parse(JSON.stringify(findings)), labels, risen, solo: approvers.solo,
  };
}

interface Content {
  readonly params: JsonObject;
  readonly preview: Json;
}

async function contentOf({ vault }: Pick<Control, 'vault'>, { space, id, body }: Approval): Promise<Content | undefined> {
  if (body.sealed === undefined) return undefined;
  const opened = decodeJson(await vault.sealer.open(['approval', space, id], body.sealed));
  const { params, preview = null } = isObject(opened) ? opened : {};
  return isObject(params) ? { params, preview } : undefined;
}

async function lastOf({ store }: Pick<Control, 'store'>, { space, id, body }: Approval): Promise<Approval | undefined> {
  const used = (await listStored(store, 'approval', space)).filter((one) =>
    one.id !== id && one.body.state === 'used' && one.body.resource.server === body.resource.server && one.body.resource.name === body.resource.name);
  return used.toSorted((one, other) => (other.body.end?.at ?? 0) - (one.body.end?.at ?? 0))[0];
}
