import type { VendorStanding } from '../domain/server.ts';
import type { Disclosure } from './disclosure/answer.ts';
import { goodUntil } from './disclosure/read.ts';

/** How much depends on a vendor: how often somebody must vouch for it anew. */
const VENDOR_TIERS = { critical: { days: 182, title: 'half-yearly' }, standard: { days: 365, title: 'yearly' } } as const;
type VendorTier = keyof typeof VENDOR_TIERS;

/** What asks for a new word of the vendor before its time, and for how many days what it said before still holds. */
export const VENDOR_EVENTS = {
  'breach-notice': { title: 'it told of a breach', graceDays: 0 },
  'issuer-changed': { title: 'its authorization server is another', graceDays: 7 },
  'domain-changed': { title: 'it is reached, or leads, elsewhere', graceDays: 7 },
  'certificate-changed': { title: 'its certificate is of another authority', graceDays: 30 },
  'tool-drift': { title: 'its tools are others than were approved', graceDays: 30 },
  'protocol-changed': { title: 'it speaks other revisions of the protocol', graceDays: 60 },
  advisory: { title: 'there is an advisory about what it runs', graceDays: 14 },
} as const;
export type VendorEvent = keyof typeof VENDOR_EVENTS;

export interface Happened {
  readonly event: VendorEvent;
  readonly at: number;
}

export interface Attested {
  readonly tier: VendorTier;
  readonly disclosure?: Disclosure;
  /** Epoch ms when somebody vouched for it last: by accepting what it disclosed, or by saying that all of it still holds. */
  readonly attestedAt?: number;
  readonly events: readonly Happened[];
}

/** Until when a vendor's word is good, and what ends it. */
export interface Due {
  /** Absent: nothing it said is good now. */
  readonly at?: number;
  readonly why: string;
}

const DAY_MS = 86_400_000;

/** The first of: an answer ends, its tier's time is over, an event's grace is. What nobody vouched for is due now. */
export function dueOf({ tier, disclosure, attestedAt, events }: Attested): Due {
  if (disclosure === undefined) return { why: 'it has disclosed nothing' };
  if (attestedAt === undefined) return { why: 'nobody has accepted what it disclosed' };
  const answered = goodUntil(disclosure);
  if (answered === undefined) return { why: 'it has not answered all that it must' };
  const { days, title } = VENDOR_TIERS[tier];
  const ends = [
    { at: answered, why: 'an answer that it must give ends' }, { at: attestedAt + days * DAY_MS, why: `it is ${tier}: ${title}` },
    ...openEvents({ attestedAt, events }).map(({ event, at }) => ({ at: at + VENDOR_EVENTS[event].graceDays * DAY_MS, why: VENDOR_EVENTS[event].title })),
  ];
  return ends.reduce((first, one) => (one.at < first.at ? one : first));
}

/** Those since which nobody has vouched for it. */
export function openEvents<Event extends Happened>({ attestedAt = 0, events }: {
  readonly attestedAt?: number; readonly events: readonly Event[];
}): readonly Event[] {
  return events.filter(({ at }) => at > attestedAt);
}

/** What policy reads of a vendor. */
export function standingOf(id: string, attested: Attested, score: number): VendorStanding {
  const { at } = dueOf(attested);
  return {
    id, score, ...(at === undefined ? {} : { disclosedUntil: at }), ...(attested.attestedAt === undefined ? {} : { attestedAt: attested.attestedAt }),
  };
}

/** A server says whose it is; only at an address that the vendor is known to have it has the vendor's standing. */
export function isAtVendor(url: string, endpoints: readonly { readonly url: string }[]): boolean {
  if (!URL.canParse(url)) return false;
  const { origin } = new URL(url);
  return endpoints.some((endpoint) => URL.canParse(endpoint.url) && new URL(endpoint.url).origin === origin);
}
