import type { Finding } from '../domain/finding.ts';
import { CATEGORIES, CONFIDENTIALITIES, UNLABELLED, type Labels } from '../domain/server.ts';

/** What a context carries of which nothing is known any more: the worst of everything (DESIGN part 5, context). */
export const LOST: Labels = { confidentiality: 'restricted', categories: CATEGORIES, integrity: 'untrusted' };

/** What carries both: the more confidential, all categories, and trusted only if both are. */
export function join(one: Labels, other: Labels): Labels {
  if (covers(one, other)) return one;
  return {
    confidentiality: rank(other) > rank(one) ? other.confidentiality : one.confidentiality,
    categories: CATEGORIES.filter((category) => one.categories.includes(category) || other.categories.includes(category)),
    integrity: other.integrity === 'untrusted' ? 'untrusted' : one.integrity,
  };
}

/** The same, with what was found where they stand. */
export function withFound(labels: Labels, findings: readonly Finding[]): Labels {
  return findings.reduce((all, found) => (found.labels === undefined ? all : join(all, { ...UNLABELLED, ...found.labels })), labels);
}

/** Whether joining these changes nothing. */
export function covers(labels: Labels, other: Labels): boolean {
  const trusts = labels.integrity === 'untrusted' || other.integrity === 'trusted';
  return trusts && rank(labels) >= rank(other) && other.categories.every((category) => labels.categories.includes(category));
}

function rank({ confidentiality }: Labels): number {
  return CONFIDENTIALITIES.indexOf(confidentiality);
}
