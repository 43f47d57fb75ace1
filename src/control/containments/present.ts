import type { JsonObject } from '../../domain/json.ts';
import { isWide, VERB_KINDS } from '../../incident/contain.ts';
import type { Contained } from './active.ts';

/** What administrators see of a containment; people in it still under their names, which whoever shows it hides. */
export function presentContainment({ id, space, body }: Contained): JsonObject {
  const { verb, scope, reason, by, at, until, state, touched, ended, result, incident } = body;
  const { does, way, back } = VERB_KINDS[verb];
  return {
    ...(id === '' ? {} : { id }), space, verb, scope: { ...scope }, state, reason, principal: by, at, ...(until === undefined ? {} : { until }),
    ...(incident === undefined ? {} : { incident }), does, reversible: way !== 'act', back: id === '' ? back : back.replace('lift ID', `lift ${id}`),
    wide: isWide(scope),
    touched: Object.fromEntries(Object.entries(touched).map(([kind, { count, names }]) => [kind, { count, names: [...names] }])),
    ...(ended === undefined ? {} : { ended: { principal: ended.by, at: ended.at, reason: ended.reason } }),
    ...(result === undefined ? {} : { result: { ...result } }),
  };
}
