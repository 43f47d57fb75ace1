import { ScimFault } from './fault.ts';

export interface Filter {
  readonly attribute: string;
  readonly value: string;
}

/**
 * The filters that directories use to find what they pushed: one attribute, `eq`, one string (RFC 7644 section 3.4.2.2).
 * Attribute names are compared without regard to case. Throws `invalidFilter`.
 */
export function readFilter(text: string | null, attributes: readonly string[]): Filter | undefined {
  if (text === null) return undefined;
  const [, name = '', literal = ''] = /^\s*([A-Za-z][\w.:-]{0,99})\s+eq\s+("(?:[^"\\]|\\.){0,1000}")\s*$/i.exec(text) ?? [];
  const attribute = attributes.find((known) => known.toLowerCase() === name.replace(/^urn:[\w:.]+:(?=\w+$)/i, '').toLowerCase());
  const value = readLiteral(literal);
  if (attribute === undefined || value === undefined) {
    throw new ScimFault(400, `Filters are \`<attribute> eq "…"\`, with one of ${attributes.join(', ')}.`, 'invalidFilter');
  }
  return { attribute, value };
}

/** Whether a value fits: names without regard to case, ids exactly (RFC 7643 section 2.2, caseExact). */
export function fits({ attribute, value }: Filter, known: string | undefined): boolean {
  if (known === undefined) return false;
  return attribute === 'id' || attribute === 'externalId' ? known === value : known.toLowerCase() === value.toLowerCase();
}

function readLiteral(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
