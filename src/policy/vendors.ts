import { CATEGORIES, CONFIDENTIALITIES, type Category, type Confidentiality } from '../domain/server.ts';
import type { PolicySource } from './compile.ts';
import { idPart, oneOf, quote, writePolicy } from './quote.ts';

/** What holds for everything that a vendor hosts, whoever calls it. */
export interface VendorRules {
  readonly id: string;
  readonly data: { readonly confidentiality: Confidentiality; readonly categories?: readonly Category[] | undefined };
  /** `600/min`. */
  readonly limit?: string | undefined;
}

/** Everything by which something is told to a server. */
const TELLS = 'action in [Action::"call_tool", Action::"get_prompt", Action::"complete", Action::"read_resource", Action::"subscribe", Action::"task", '
  + 'Action::"list", Action::"notify", Action::"respond"]';

/** Compiles what was agreed with a vendor to Cedar with stable ids (`vendor:<id>:<part>`): what may be sent there, and how often. */
export function compileVendor({ id, data: { confidentiality, categories = [] }, limit }: VendorRules, file: string): readonly PolicySource[] {
  const whose = `resource.vendor == ${quote(id)}`;
  const above = CONFIDENTIALITIES.slice(CONFIDENTIALITIES.indexOf(confidentiality) + 1);
  const others = CATEGORIES.filter((one) => !categories.includes(one));
  const tooMuch = [
    ...(above.length === 0 ? [] : [oneOf(above, 'context.argumentConfidentiality')]),
    ...(others.length === 0 ? [] : [`context.argumentCategories.containsAny([${others.map(quote).join(', ')}])`]),
  ];
  const at = { line: 1, column: 1 };
  return [
    ...(tooMuch.length === 0 ? [] : [{
      file, at,
      text: writePolicy({
        id: `vendor:${idPart(id)}:data`, remarks: { reason: 'This is more than may be sent to the vendor that hosts it.' }, effect: 'forbid',
        principal: 'principal', action: TELLS, resource: 'resource', when: [whose, `(${tooMuch.join(' || ')})`],
      }),
    }]),
    ...(limit === undefined ? [] : [{
      file, at,
      text: writePolicy({
        id: `vendor:${idPart(id)}:limit`, remarks: { reason: 'The vendor that hosts this is called too often.', limit: `${limit}/vendor` }, effect: 'forbid',
        principal: 'principal', action: 'action == Action::"call_tool"', resource: 'resource', when: [whose],
      }),
    }]),
  ];
}
