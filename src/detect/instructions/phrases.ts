import { KIND } from './lexicon.ts';
import type { WordKind } from './lexicon.ts';
import type { RoleWords } from './words.ts';

export type OrderRule = 'override' | 'new-orders' | 'before-task' | 'addressed' | 'conceal' | 'send-out' | 'show-prompt' | 'persona' | 'tool-request';

/** Words of these kinds in this order and near each other; where word order says little, in any. */
interface Phrase {
  readonly rule: OrderRule;
  readonly steps: readonly number[];
  /** Words from the first to the last at most. */
  readonly within: number;
  /** All that must be there at all. */
  readonly needs: readonly number[];
}

type Step = WordKind | readonly WordKind[];

function phrase(rule: OrderRule, within: number, ...steps: readonly Step[]): Phrase {
  const kinds = steps.map((step) => (typeof step === 'string' ? KIND[step] : step.reduce((sum, kind) => sum | KIND[kind], 0)));
  return { rule, steps: kinds, within, needs: kinds };
}

const PHRASES: readonly Phrase[] = [
  phrase('override', 7, 'dismiss', 'before', ['order', 'rule']),
  phrase('override', 7, 'dismiss', ['order', 'rule'], 'before'),
  phrase('override', 6, 'dismiss', ['all', 'your', 'system'], 'order'),
  phrase('override', 6, 'dismiss', 'your', ['order', 'rule', 'task']),
  phrase('override', 8, 'negate', 'follow', ['before', 'your', 'all'], 'order'),
  phrase('override', 8, 'negate', 'follow', 'order', 'before'),
  phrase('new-orders', 8, 'follow', 'only', 'following', 'order'),
  phrase('new-orders', 8, 'only', 'follow', 'following', 'order'),
  phrase('new-orders', 8, 'follow', 'only', 'order', 'following'),
  phrase('new-orders', 4, 'your', 'new', ['order', 'task']),
  phrase('new-orders', 6, 'now', 'you', 'must', 'follow'),
  phrase('before-task', 22, 'sooner', 'you', 'task', 'first'),
  phrase('addressed', 14, 'attention', ['message', 'order'], 'model'),
  phrase('addressed', 6, 'attention', 'model', 'must'),
  phrase('conceal', 7, 'negate', 'tell', 'user'),
  phrase('conceal', 7, 'negate', 'user', 'tell'),
  // Where the verb of an order stands first and its denial last: `vertel dit nooit aan de gebruiker`.
  phrase('conceal', 7, 'say', 'negate', 'user'),
  phrase('conceal', 7, 'say', 'user', 'negate'),
  phrase('send-out', 16, 'send', ['all', 'your', 'user', 'before'], ['secret', 'talk'], 'address'),
  phrase('send-out', 12, 'send', 'secret', 'address'),
  phrase('show-prompt', 6, 'show', ['your', 'all'], 'system', 'order'),
  phrase('show-prompt', 4, 'show', 'your', 'order'),
  phrase('persona', 12, 'you', 'now', 'free'),
  phrase('persona', 10, 'dismiss', 'all', 'rule', 'free'),
  phrase('tool-request', 8, 'must', 'now', 'call', 'tool'),
  phrase('tool-request', 8, 'first', 'call', 'tool', 'user'),
];

export interface Order {
  readonly rule: OrderRule;
  readonly start: number;
  readonly end: number;
}

/** The first occurrence of each phrase in a sentence; one pass over its words for each phrase whose words are all there. */
export function ordersIn(words: RoleWords): readonly Order[] {
  let found: Order[] | undefined;
  for (const one of PHRASES) {
    if (!one.needs.every((kinds) => (words.kinds & kinds) !== 0)) continue;
    const place = words.loose ? anyOrder(words, one) : inOrder(words, one);
    if (place !== undefined) (found ??= []).push({ rule: one.rule, ...place });
  }
  return found ?? NONE;
}

const NONE: readonly Order[] = [];

type Place = Pick<Order, 'start' | 'end'>;

/** Keeps of each number of steps done the latest beginning: later ones reach further. */
function inOrder(words: RoleWords, { steps, within }: Phrase): Place | undefined {
  const begun = steps.map(() => -1);
  for (let at = 0; at < words.count; at += 1) {
    for (let step = steps.length - 1; step >= 0; step -= 1) {
      if (((words.kind[at] ?? 0) & (steps[step] ?? 0)) === 0) continue;
      const first = step === 0 ? at : (begun[step - 1] ?? -1);
      if (first < 0 || (words.position[at] ?? 0) - (words.position[first] ?? 0) >= within) continue;
      if (step === steps.length - 1 && (step === 0 || first !== at)) return { start: words.start[first] ?? 0, end: words.end[at] ?? 0 };
      begun[step] = first;
    }
  }
  return undefined;
}

/** One word does for one step: the one that has waited longest for it. */
function anyOrder(words: RoleWords, { steps, within }: Phrase): Place | undefined {
  const last = steps.map(() => -1);
  for (let at = 0; at < words.count; at += 1) {
    let step = -1;
    for (let other = 0; other < steps.length; other += 1) {
      if (((words.kind[at] ?? 0) & (steps[other] ?? 0)) !== 0 && (step < 0 || (last[other] ?? 0) < (last[step] ?? 0))) step = other;
    }
    if (step < 0) continue;
    last[step] = at;
    const first = Math.min(...last);
    if (first >= 0 && (words.position[at] ?? 0) - (words.position[first] ?? 0) < within * 2) return { start: words.start[first] ?? 0, end: words.end[at] ?? 0 };
  }
  return undefined;
}
