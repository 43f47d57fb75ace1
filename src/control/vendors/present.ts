import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { decodeJson } from '../../store/body.ts';
import { isAtVendor, openEvents } from '../../vendor/attest.ts';
import { reportHtml } from '../../vendor/report/html.ts';
import { reportMarkdown } from '../../vendor/report/markdown.ts';
import { reportOf, type VendorReport } from '../../vendor/report/report.ts';
import { listStored } from '../stored.ts';
import { submittedOf } from './disclose.ts';
import type { VendorFacts } from './facts.ts';
import { standingIn } from './facts.ts';
import { linksOf } from './link.ts';

/** The report of a vendor as its JSON, and for people. */
export async function reportIn(rows: Rows, space: string, facts: VendorFacts, now: number): Promise<VendorReport> {
  const { id, vendor, attested, events, input } = facts;
  const { name, owner, purpose, tier, endpoints, data, contacts = {} } = vendor;
  const { confidentiality, categories = [] } = data;
  return reportOf({
    id, name, owner, purpose, tier, endpoints: endpoints.map(({ url }) => url), servers: (await serversOf(rows, space, facts)).map((one) => one.id),
    data: [confidentiality, ...categories].join(', '), contacts: [...(contacts.contract ?? []), ...(contacts.incident ?? [])], at: now,
    standing: standingIn(facts), attested, input, events: events.map(({ event, at, note }) => ({ event, at, note })),
  });
}

export const REPORT_TEXTS = {
  html: reportHtml, markdown: reportMarkdown, json: (report: VendorReport): string => `${JSON.stringify(report, undefined, 2)}\n`,
} as const;

/** One line of the list. */
export async function presentVendor(rows: Rows, space: string, facts: VendorFacts, now: number): Promise<JsonObject> {
  const { score, due, servers } = await reportIn(rows, space, facts, now);
  const { id, vendor: { name, owner, tier } } = facts;
  return {
    id, name, owner, tier, score: score.score, grade: score.grade, confidence: score.confidence, disclosed: now < (due.at ?? 0),
    ...(due.at === undefined ? {} : { dueAt: due.at }), due: due.why, servers: servers.length,
    submitted: (await submittedOf(rows, space, id)) !== undefined,
  };
}

/** All that is known of a vendor, for whoever decides about it. */
export async function showVendor(rows: Rows, space: string, facts: VendorFacts, now: number): Promise<JsonObject> {
  const report = asObject(decodeJson(JSON.stringify(await reportIn(rows, space, facts, now))));
  const submitted = await submittedOf(rows, space, facts.id);
  const { disclosed, attested } = facts;
  return {
    ...report, vendor: asObject(decodeJson(JSON.stringify(facts.vendor))),
    ...(disclosed === undefined ? {} : {
      disclosed: {
        digest: disclosed.digest, via: disclosed.via, acceptedBy: disclosed.acceptedBy, acceptedAt: disclosed.acceptedAt, attestedBy: disclosed.attestedBy,
        attestedAt: disclosed.attestedAt,
      },
    }),
    ...(submitted === undefined ? {} : { submitted }), open: openEvents(attested).map(({ event, at }) => ({ event, at })),
    links: (await linksOf(rows, space, facts.id)).map(({ id, body }) => ({ id, ...body })),
    routed: (await serversOf(rows, space, facts)).map((one) => ({ ...one })),
  };
}

/** Servers that say they are this vendor's, and whether their address is one of its own. */
async function serversOf(rows: Rows, space: string, { id, vendor }: VendorFacts): Promise<readonly { readonly id: string; readonly isThere: boolean }[]> {
  return (await listStored(rows, 'server', space)).filter(({ body }) => body.vendor === id).map((server) => {
    const { endpoint } = server.body;
    return { id: server.id, isThere: endpoint.transport !== 'stdio' && isAtVendor(endpoint.url, vendor.endpoints) };
  });
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
