import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { ACCESSES } from '../access.ts';
import { CARRIED, SUMS } from '../audit/answer.ts';

const COUNT = z.int().nonnegative();

/** Where it is looked after: a screen of the console, and what in it. */
const PLACE = z.object({ screen: z.string(), id: z.string().exactOptional() });

const FIGURES = [
  'servers-ownerless', 'servers-drifted', 'servers-quarantined', 'servers-unapproved', 'assets-unsanctioned', 'vendors-due', 'sensors-silent',
  'incidents-open', 'findings-open', 'reviews-open', 'jobs-failed',
] as const;

/** One honest number: `count` things need somebody, out of `of`; the first of them by name. `worst`: the gravest of them. */
const FIGURE = z.object({
  id: z.enum(FIGURES), count: COUNT, of: COUNT.exactOptional(), names: z.array(z.string()), worst: z.enum(SEVERITIES).exactOptional(), place: PLACE,
});
export type Figure = z.infer<typeof FIGURE>;

const NEEDS = ['call', 'proposal', 'answer', 'drift', 'incident', 'finding', 'review', 'request'] as const;

/** Something that waits for a person; `access`: what they must have to act on it. Times are epoch ms. `what` is what others said: never an address. */
const NEED = z.object({
  kind: z.enum(NEEDS), id: z.string(), what: z.array(z.string()), at: z.number(), until: z.number().exactOptional(),
  severity: z.enum(SEVERITIES).exactOptional(), place: PLACE, access: z.enum(ACCESSES),
});
export type Need = z.infer<typeof NEED>;

const EDGE = z.object({
  principal: z.string(), principalKind: z.string().exactOptional(), agent: z.string(), server: z.string(), lastAt: z.number(), ...SUMS,
  severity: z.enum(SEVERITIES).exactOptional(), labels: CARRIED,
});

/** How far a space is on its way to its first governed call. `approved`: servers; `called`: somebody called in the last 30 days, for who may read the log. */
const BEGUN = z.object({ servers: COUNT, approved: COUNT, agents: COUNT, policies: COUNT, called: z.boolean().exactOptional() });
export type Begun = z.infer<typeof BEGUN>;

/**
 * What the asker may read of all this; the rest is absent. `force`: what gateways obey now. `missing`: what could not be found out
 * at the moment, as names of these parts. `needs` are the most urgent, `needed` counts all of them by kind.
 */
export const OVERVIEW = z.object({
  at: z.number(), space: z.string(),
  force: z.object({
    snapshot: z.object({ version: z.int(), ageMs: z.number() }).nullable(), leaseEndsInMs: z.number().nullable(), problems: z.array(z.string()),
    stopped: z.array(z.string()), roles: z.record(z.string(), z.union([z.boolean(), z.number()])),
  }).exactOptional(),
  figures: z.array(FIGURE),
  map: z.object({
    since: z.number(), edges: z.array(EDGE), others: z.object({ edges: COUNT, ...SUMS }), known: COUNT, end: COUNT,
  }).exactOptional(),
  begun: BEGUN.exactOptional(),
  needs: z.array(NEED), needed: z.partialRecord(z.enum(NEEDS), COUNT), missing: z.array(z.string()),
}).meta({
  examples: [{
    at: 1_790_000_000_000, space: 'default',
    force: {
      snapshot: { version: 41, ageMs: 3_600_000 }, leaseEndsInMs: 52_000, problems: [], stopped: [], roles: { control: true, gateways: 2, ledger: true },
    },
    figures: [{ id: 'servers-drifted', count: 1, of: 12, names: ['crm'], place: { screen: 'servers' } }],
    map: {
      since: 1_789_912_800_000, known: 812, end: 812, others: { edges: 0, calls: 0, denials: 0, held: 0, failures: 0, findings: 0 },
      edges: [{
        principal: 'p_0123456789abcdef0123', principalKind: 'person', agent: 'desk', server: 'crm', lastAt: 1_789_999_000_000, calls: 41, denials: 2, held: 1,
        failures: 0, findings: 3, severity: 'high', labels: { confidentiality: 'confidential', categories: ['pii'], untrusted: true },
      }],
    },
    begun: { servers: 12, approved: 11, agents: 4, policies: 6, called: true },
    needs: [{
      kind: 'call', id: '019a0000-0000-7000-8000-000000000000', what: ['desk', 'crm', 'delete_contact'], at: 1_789_999_990_000, until: 1_790_000_890_000,
      place: { screen: 'approvals', id: '019a0000-0000-7000-8000-000000000000' }, access: 'approve',
    }],
    needed: { call: 1 }, missing: [],
  }],
});
export type Overview = z.infer<typeof OVERVIEW>;
