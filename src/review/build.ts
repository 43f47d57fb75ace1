import { createHash } from 'node:crypto';
import { SEVERITIES } from '../domain/finding.ts';
import type { ReviewCheck } from '../domain/finding.ts';
import { CHECKS } from './checks/table.ts';
import type { CompanyFacts } from './facts.ts';
import type { Found, ReviewItem } from './item.ts';
import { outliersOf } from './outliers.ts';

const ID_CHARS = 16;

/**
 * What a campaign asks people, the gravest first. What a check found of a right is asked in place of the plain question whether somebody
 * should have it: one answer settles both.
 */
export function itemsOf(facts: CompanyFacts): readonly ReviewItem[] {
  const outlier = outliersOf(facts);
  // What is in quarantine is out of use: nothing more is asked of it before somebody approves it anew.
  const inUse: CompanyFacts = { ...facts, servers: facts.servers.filter(({ status }) => status !== 'quarantined') };
  const found = CHECKS.flatMap((check) => check.find(inUse).map((one): ReviewItem => {
    const odd = one.outlier ?? outlier(one.subject);
    return { ...one, id: idOf(check.id, one), check: check.id, ...(odd === undefined ? {} : { outlier: odd }) };
  }));
  const questioned = new Set(found.filter(({ check }) => check !== 'access').map(keyOf));
  return found.filter((item) => item.check !== 'access' || !questioned.has(keyOf(item))).toSorted(byRisk);
}

/** Risk order: severity, then what its peers do not have, then what no answer takes away. */
export function riskOf({ severity, outlier, lapses }: Pick<ReviewItem, 'severity'> & { readonly outlier?: string; readonly lapses?: boolean }): number {
  return SEVERITIES.indexOf(severity) * 4 + (outlier === undefined ? 0 : 2) + (lapses === true ? 1 : 0);
}

function byRisk(one: ReviewItem, other: ReviewItem): number {
  return riskOf(other) - riskOf(one) || (one.id < other.id ? -1 : 1);
}

function keyOf({ subject: { kind, id, server = '' } }: Found): string {
  return `${kind}\0${id}\0${server}`;
}

function idOf(check: ReviewCheck, found: Found): string {
  return createHash('sha256').update(`${check}\0${keyOf(found)}\0${found.part ?? ''}`).digest('hex').slice(0, ID_CHARS);
}
