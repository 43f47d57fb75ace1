import type { KeyObject } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Playbook } from '../../incident/playbook/form.ts';
import { readPlaybook } from '../../incident/playbook/read.ts';
import { shippedPlaybooks } from '../../incident/playbook/shipped.ts';
import { checkSignatures, isSignedBy, signPlaybook } from '../../incident/playbook/sign.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored } from '../stored.ts';

/** A playbook as it can be run here. */
export interface Held {
  readonly playbook: Playbook;
  readonly origin: 'shipped' | 'imported';
  /** Whether it starts by itself when an incident of its kind is opened. */
  readonly automatic: boolean;
}

/** By what control answers for a playbook: the key that its snapshots are signed with. */
export interface Signing {
  readonly sign: (playbook: Playbook) => Playbook;
  readonly isOurs: (playbook: Playbook) => boolean;
}

const SIGNEE = 'Sallyport control';

export function signingOf(key: KeyObject, now: () => number): Signing {
  return {
    sign: (playbook) => {
      if (isSignedBy(playbook, key, now())) return playbook;
      return signPlaybook(playbook, key, { signee: SIGNEE, at: now(), id: `jss--${crypto.randomUUID()}` });
    },
    isOurs: (playbook) => isSignedBy(playbook, key, now()),
  };
}

/** Every playbook that is here: what ships, and what was imported in place of it or beside it. */
export async function listPlaybooks(rows: Rows): Promise<readonly Held[]> {
  const stored = new Map((await listStored(rows, 'playbook', DEFAULT_SPACE)).map(({ id, body }) => [id, body]));
  const shipped = [...shippedPlaybooks().values()].map((playbook) => held(playbook, stored.get(playbook.id)));
  const others = [...stored].filter(([id]) => !shippedPlaybooks().has(id)).flatMap(([, body]) => (body.text === undefined ? [] : [held(undefined, body)]));
  return [...shipped, ...others];
}

export async function findPlaybook(rows: Rows, id: string): Promise<Held | undefined> {
  const stored = await findStored(rows, 'playbook', DEFAULT_SPACE, id);
  const shipped = shippedPlaybooks().get(id);
  if (stored?.body.text === undefined && shipped === undefined) return undefined;
  return held(shipped, stored?.body);
}

/** Throws `ERR_NOT_FOUND`. */
export async function needPlaybook(rows: Rows, id: string): Promise<Held> {
  const found = await findPlaybook(rows, id);
  if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'there is no such playbook here', { remedy: 'See `sallyport incident playbook list`.' });
  return found;
}

function held(shipped: Playbook | undefined, stored: { readonly text?: string; readonly automatic: boolean } | undefined): Held {
  const automatic = stored?.automatic ?? false;
  if (stored?.text !== undefined) return { playbook: readPlaybook(stored.text), origin: 'imported', automatic };
  if (shipped === undefined) throw new SallyportError(
    'ERR_NOT_FOUND', 'there is no such playbook here', { remedy: 'See `sallyport incident playbook list`.' },
  );
  return { playbook: shipped, origin: 'shipped', automatic };
}

/**
 * Reads what is to be imported: each signature that it bears must be valid. Control then signs it itself: what an administrator took
 * in is what is run, whoever else signed it. Throws `ERR_PLAYBOOK_INVALID`, `ERR_PLAYBOOK_SIGNATURE`.
 */
export function takeIn(text: string, signing: Signing, now: number): Playbook {
  const playbook = readPlaybook(text);
  const broken = checkSignatures(playbook, now).find(({ valid }) => !valid);
  if (broken !== undefined) {
    throw new SallyportError('ERR_PLAYBOOK_SIGNATURE', `the signature of ${JSON.stringify(broken.signee)} is not valid: ${broken.problem ?? ''}`, {
      remedy: 'Get the playbook anew from who made it; what was changed here is signed here, without the old signature.',
    });
  }
  return signing.sign(playbook);
}

/** Throws `ERR_PLAYBOOK_SIGNATURE` when a stored playbook is not what this control signed. */
export function needOurs(playbook: Playbook, signing: Signing): Playbook {
  if (signing.isOurs(playbook)) return playbook;
  throw new SallyportError('ERR_PLAYBOOK_SIGNATURE', `the stored playbook ${playbook.id} is not what this control signed`, {
    remedy: 'Something else than Sallyport wrote to its database: see `sallyport config history`, and import the playbook again.',
  });
}
