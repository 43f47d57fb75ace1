import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { EFFECTS } from '../domain/server.ts';
import type { Effect } from '../domain/server.ts';

/** Words that raise the guess. Verbs only: a noun such as `payment` says what is read as often as what is done. */
const VERBS: Readonly<Record<Exclude<Effect, 'read'>, string>> = {
  write: 'write create update set add put edit modify insert upsert patch save rename move upload append assign',
  destroy: 'delete remove destroy drop purge erase wipe truncate terminate kill revoke reset overwrite uninstall rm',
  execute: 'exec execute run eval evaluate spawn shell bash sh powershell cmd invoke script deploy install sudo',
  communicate: 'send post publish share email notify tweet broadcast reply forward invite sms webhook announce',
  transact: 'pay transfer purchase buy sell checkout charge refund withdraw deposit remit payout trade sign swap stake',
};

const EFFECT_OF_WORD: ReadonlyMap<string, Effect> = new Map(
  EFFECTS.flatMap((effect) => (effect === 'read' ? [] : VERBS[effect].split(' ').map((word): [string, Effect] => [word, effect]))),
);

/**
 * The pessimistic guess at what a tool does, from what its server says: annotations give the floor (absent hints count as
 * the worst: not read-only, destructive), words in the name and titles can only raise it. Rank is the order of `EFFECTS`.
 * A guess stays unconfirmed, also `read`: annotations are a server's word about itself.
 */
export function guessEffect(definition: JsonObject): Effect {
  const annotations = isObject(definition['annotations']) ? definition['annotations'] : {};
  const names = [definition['name'], definition['title'], annotations['title']].filter((text) => typeof text === 'string');
  const words = names.flatMap(wordsOf);
  return words.reduce<Effect>((worst, word) => worse(worst, EFFECT_OF_WORD.get(word) ?? 'read'), fromAnnotations(annotations));
}

function fromAnnotations(annotations: JsonObject): Effect {
  if (annotations['readOnlyHint'] === true) return annotations['destructiveHint'] === true ? 'destroy' : 'read';
  if (annotations['destructiveHint'] !== false) return 'destroy';
  return annotations['openWorldHint'] === true ? 'communicate' : 'write';
}

function worse(a: Effect, b: Effect): Effect {
  return EFFECTS.indexOf(b) > EFFECTS.indexOf(a) ? b : a;
}

/** `sendEmailNow`, `send-email_now` and `send email now` are the same words. */
function wordsOf(name: string): readonly string[] {
  return name.replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase().match(/[\p{L}]+/gu) ?? [];
}
