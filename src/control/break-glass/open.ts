import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Json } from '../../domain/json.ts';
import { canonicalText } from '../../registry/canonical.ts';
import type { Control } from '../control.ts';
import { findStored, putStored } from '../stored.ts';
import { isSignedByCustodian } from './custodian-key.ts';
import { hashOfToken, principalOfOpening } from './openings.ts';
import { OPEN_REQUEST } from './schema.ts';
import type { Opening, OpenRequest } from './schema.ts';

/** What both custodians sign: exactly what is to be opened, once. */
const CHALLENGE = z.strictObject({ id: z.string(), nonce: z.string(), request: OPEN_REQUEST });

export interface Challenge {
  readonly id: string;
  /** The text to sign, as it is. */
  readonly challenge: string;
  readonly salts: readonly [string, string];
}

function textOf(challenge: z.infer<typeof CHALLENGE>): string {
  const json: Json = JSON.parse(JSON.stringify(challenge));
  return `sallyport/break-glass/v1\n${canonicalText(json)}`;
}

/** Begins an opening. Throws `ERR_BREAK_GLASS` when one of the custodians is none, or there were too many attempts. */
export async function beginOpening(request: OpenRequest, control: Control): Promise<Challenge> {
  const { store, state } = control;
  const [first, second] = request.custodians;
  if (first === second) throw refusal('two different custodians open it');
  await countAttempt(control, 'begun', LIMITS.breakGlassAttemptsMax * 4);
  const [one, other] = [await findStored(store, 'custodian', DEFAULT_SPACE, first), await findStored(store, 'custodian', DEFAULT_SPACE, second)];
  if (one === undefined || other === undefined) throw refusal('one of them is no custodian');
  const salts = [one.body.salt, other.body.salt] as const;
  const challenge = { id: Bun.randomUUIDv7(), nonce: randomBytes(32).toString('base64url'), request };
  await state.set(keyOf(challenge.id), JSON.stringify(challenge), LIMITS.breakGlassChallengeMs);
  return { id: challenge.id, challenge: textOf(challenge), salts };
}

/**
 * Opens what both custodians signed. A challenge is good for one try, right or wrong. The record and the alarm come first;
 * what opens is a token, shown once. Throws `ERR_BREAK_GLASS`, which never says what of it was wrong.
 */
export async function confirmOpening(id: string, signatures: readonly [string, string], control: Control): Promise<Json> {
  const { state, store, now } = control;
  const text = await state.get(keyOf(id));
  const isFirst = text !== undefined && await state.setIfAbsent(`${keyOf(id)}/tried`, '', LIMITS.breakGlassChallengeMs);
  if (text === undefined || !isFirst) throw refusal('this opening is over; begin again');
  await state.delete(keyOf(id));
  const challenge = CHALLENGE.parse(JSON.parse(text));
  const { request } = challenge;
  if (!(await areSigned(challenge, signatures, control))) {
    await countAttempt(control, 'failed', LIMITS.breakGlassAttemptsMax);
    throw refusal('it was not opened by two custodians');
  }
  const token = `spb_${randomBytes(32).toString('base64url')}`;
  const at = now();
  const { minutes, ...scope } = request;
  const opening: Opening = { ...scope, custodians: [...request.custodians], tokenHash: hashOfToken(token), openedAt: at, endsAt: at + minutes * 60_000 };
  const { space, access, reason, custodians } = opening;
  await control.record({
    event: 'break-glass.opened', space: space === '*' ? DEFAULT_SPACE : space, principal: principalOfOpening(id), reason,
    detail: { id, space, access, custodians, endsAt: opening.endsAt },
  });
  control.report(`BREAK-GLASS OPENED by ${custodians.join(' and ')} for ${minutes} min, space ${space}, access ${access.join(', ')}`);
  await putStored(store, 'opening', DEFAULT_SPACE, id, opening, principalOfOpening(id));
  return { id, token, space, access, endsAt: opening.endsAt };
}

async function areSigned(challenge: z.infer<typeof CHALLENGE>, signatures: readonly [string, string], control: Control): Promise<boolean> {
  if (await isBlocked(control)) return false;
  const text = textOf(challenge);
  const { custodians } = challenge.request;
  const found = await Promise.all(custodians.map((name) => findStored(control.store, 'custodian', DEFAULT_SPACE, name)));
  const keys = found.map((one) => one?.body.publicKey);
  // Two names with one key are one custodian.
  if (keys[0] === keys[1]) return false;
  return keys.every((key, index) => key !== undefined && isSignedByCustodian(key, text, signatures[index] ?? ''));
}

async function isBlocked({ state }: Control): Promise<boolean> {
  return Number(await state.get('break-glass/failed') ?? 0) >= LIMITS.breakGlassAttemptsMax;
}

async function countAttempt(control: Control, kind: 'begun' | 'failed', max: number): Promise<void> {
  const count = await control.state.increment(`break-glass/${kind}`, 1, LIMITS.breakGlassAttemptsMs);
  if (kind === 'failed' || count > max) {
    const who = { space: DEFAULT_SPACE, principal: 'sallyport|socket' };
    await control.record({ event: 'break-glass.refused', ...who, code: 'ERR_BREAK_GLASS', detail: { kind, count } });
    control.report(`somebody failed to open the break-glass (${kind}, ${count} in ${LIMITS.breakGlassAttemptsMs / 60_000} min)`);
  }
  if (count > max) throw refusal('there were too many attempts');
}

function refusal(message: string): SallyportError {
  return new SallyportError('ERR_BREAK_GLASS', message, {
    remedy: 'Two enrolled custodians must be here, each with their own passphrase. After failures wait a quarter of an hour.',
  });
}

function keyOf(id: string): string {
  return `break-glass/challenge/${id}`;
}
