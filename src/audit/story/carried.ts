import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';

/** What data is or a context has taken on, as far as records say. */
export interface Carried {
  /** Place in `CONFIDENTIALITIES`. */
  readonly confidentiality: number;
  readonly categories: readonly string[];
  readonly untrusted: boolean;
}

export const NOTHING_CARRIED: Carried = { confidentiality: 0, categories: [], untrusted: false };

/** The `labels` of a record as presented. */
export function carriedBy(labels: Json | undefined): Carried {
  const { confidentiality, categories, integrity } = isObject(labels) ? labels : {};
  return {
    confidentiality: Math.max(0, CONFIDENTIALITIES.findIndex((one) => one === confidentiality)),
    categories: isArray(categories) ? categories.flatMap((one) => (typeof one === 'string' ? [one] : [])) : [],
    untrusted: integrity === 'untrusted',
  };
}

export function joined(one: Carried, other: Carried): Carried {
  return {
    confidentiality: Math.max(one.confidentiality, other.confidentiality),
    categories: CATEGORIES.filter((category) => one.categories.includes(category) || other.categories.includes(category)),
    untrusted: one.untrusted || other.untrusted,
  };
}

export function rises(before: Carried, after: Carried): boolean {
  return after.confidentiality > before.confidentiality || after.categories.length > before.categories.length || (after.untrusted && !before.untrusted);
}

/** `confidential pii, untrusted`. */
export function sayCarried({ confidentiality, categories, untrusted }: Carried): string {
  return `${[CONFIDENTIALITIES[confidentiality] ?? '', ...categories].join(' ')}${untrusted ? ', untrusted' : ''}`;
}
