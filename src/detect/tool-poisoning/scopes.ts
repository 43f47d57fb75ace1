import type { Sight, View } from '../../domain/detector.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';

/** One definition of a sight: its place, and all that it says. */
export interface Scope {
  readonly at: string;
  readonly json: Json;
  readonly views: readonly View[];
}

const LISTS = ['tools', 'prompts', 'resourceTemplates', 'resources'] as const;

/** The definitions of a sight, each by itself: what is said of one tool says nothing of its neighbour in a list. */
export function scopesOf({ subject, views }: Sight): readonly Scope[] {
  const { json, at } = subject;
  const items = itemsOf(json, at);
  if (items.length === 0) return [{ at, json, views }];
  const depth = at.split('/').length + 2;
  const byPlace = new Map<string, View[]>(items.map((item) => [item.at, []]));
  const rest: View[] = [];
  // Put together across items they are nobody's words.
  for (const view of views) {
    if (view.via[0] === 'joined') continue;
    const place = view.spansOf(0, view.text.length)[0]?.at ?? '';
    (byPlace.get(place.split('/').slice(0, depth).join('/')) ?? rest).push(view);
  }
  return [
    { at, json: null, views: rest },
    ...items.map((item) => ({ ...item, views: byPlace.get(item.at) ?? [] })),
  ];
}

function itemsOf(json: Json, at: string): readonly { readonly at: string; readonly json: Json }[] {
  if (!isObject(json)) return [];
  return LISTS.flatMap((list) => {
    const items = json[list];
    return isArray(items) ? items.map((item, index) => ({ at: `${at}/${list}/${index}`, json: item })) : [];
  });
}
