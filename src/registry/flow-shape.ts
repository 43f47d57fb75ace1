import { z } from 'zod';
import { CATEGORIES, CONFIDENTIALITIES } from '../domain/server.ts';
import { ID, WORDS } from './manifest-words.ts';

/** `flow:`, `classification:` and `defaults:` of sallyport.yaml, and what servers and tools say of the flow of values. */

const SOME_LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES).exactOptional(),
  categories: z.array(z.enum(CATEGORIES)).exactOptional(),
  integrity: z.enum(['trusted', 'untrusted']).exactOptional(),
});

const PLACE = z.string().trim().min(1).max(2_048);
const ALLOW = z.array(PLACE.refine((pattern) => !/^[*@.\s/:]*$/.test(pattern), { error: 'must name something: it would allow everything' })).max(1_000);

/** Of one tool, or of all tools of a server. */
export const FLOW_RULES = z.strictObject({
  clearance: z.enum(CONFIDENTIALITIES).exactOptional(),
  memory: z.boolean().exactOptional(),
  directory: z.union([z.boolean(), z.array(PLACE).min(1).max(100)]).exactOptional(),
  destinations: z.array(PLACE).max(100).exactOptional(),
  allow: ALLOW.exactOptional(),
  fields: z.record(PLACE, SOME_LABELS).exactOptional(),
});

/** Where data of a space may go without having been seen before. */
export const FLOW_SHAPE = z.strictObject({
  /** Mail domains of the company itself. */
  domains: z.array(z.string().regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'must be a domain in lower case')).max(1_000).exactOptional(),
  allow: ALLOW.exactOptional(),
});
export type FlowShape = z.infer<typeof FLOW_SHAPE>;

const SINK = z.strictObject({
  tier: z.enum(['internal', 'vendor', 'public']).exactOptional(),
  hosting: z.enum(['self', 'vendor', 'embedded']).exactOptional(),
  server: ID.exactOptional(),
  /** Servers anywhere but there; where nobody has said is anywhere. */
  notRegions: z.array(ID).min(1).max(100).exactOptional(),
  /** Everybody but these. */
  notGroups: z.array(z.string().min(1).max(300)).max(100).exactOptional(),
  groups: z.array(z.string().min(1).max(300)).max(100).exactOptional(),
}).refine((to) => Object.keys(to).length > 0, { error: 'must say to whom or where' });

/** One rule: what carries these labels is, towards those, refused, or sent without them. */
const RULE = z.strictObject({
  data: z.strictObject({
    confidentiality: z.enum(CONFIDENTIALITIES).exactOptional(),
    categories: z.array(z.enum(CATEGORIES)).min(1).exactOptional(),
  }).refine((data) => Object.keys(data).length > 0, { error: 'must name a confidentiality or categories' }),
  to: SINK,
  do: z.enum(['refuse', 'redact', 'tokenise']),
  reason: WORDS,
}).refine(({ data, do: then }) => then === 'refuse' || data.categories !== undefined, { path: ['data'],
  error: 'what is redacted or tokenised is named by categories' });
export const CLASSIFICATION_SHAPE = z.record(ID, RULE);
export type ClassificationShape = z.infer<typeof CLASSIFICATION_SHAPE>;

const DEFAULT_MODES = ['on', 'shadow', 'off'] as const;
/** The policies that ship, by name; those that are not named are what they ship as. */
export const DEFAULTS_SHAPE = z.record(ID, z.enum(DEFAULT_MODES));
export type DefaultsShape = z.infer<typeof DEFAULTS_SHAPE>;
