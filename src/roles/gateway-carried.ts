import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type Json } from '../domain/json.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../domain/server.ts';
import type { Carried } from '../flow/keeper.ts';
import type { Read } from '../flow/provenance/recall.ts';

/** What control says of a flow context. Throws `ERR_LINK_FRAME`. */
export function readCarried(answer: Json): Carried {
  const { generation, labels, recall } = isObject(answer) ? answer : {};
  const { confidentiality, categories, integrity } = isObject(labels) ? labels : {};
  const known = CONFIDENTIALITIES.find((one) => one === confidentiality);
  const isWhole = typeof generation === 'number' && known !== undefined && isArray(categories) && (integrity === 'trusted' || integrity === 'untrusted');
  if (!isWhole) throw new SallyportError('ERR_LINK_FRAME', 'control.context was answered with something else');
  const carried = { generation, labels: { confidentiality: known, categories: CATEGORIES.filter((one) => categories.includes(one)), integrity } } as const;
  return recall === undefined ? carried : { ...carried, recall: readRecall(recall) };
}

/** Control alone answers on this link, and checked each entry against its schema when it read it. */
function readRecall(recall: Json): Read {
  const isWhole = isObject(recall) && isArray(recall['entries']) && isArray(recall['passes']) && typeof recall['gaps'] === 'boolean';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it holds was checked by control's own schema
  if (isWhole) return recall as unknown as Read;
  throw new SallyportError('ERR_LINK_FRAME', 'control.context was answered with something else');
}
