import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';

/** Text of a bundle is shown to people: one line, without what steers a terminal or reorders a line. */
const LINE = z.string().min(1).max(1000).regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+$/u);
const NAME = LINE.max(300);
const VERSION = LINE.max(128);
/** Six digits and more since 2026. */
const ID = z.string().max(100).regex(/^[A-Za-z][A-Za-z0-9.:_-]+$/);

const EVENT = z.union([
  z.object({ introduced: VERSION }), z.object({ fixed: VERSION }), z.object({ last_affected: VERSION }), z.object({ limit: VERSION }),
]);
export type RangeEvent = z.infer<typeof EVENT>;

const AFFECTED = z.object({
  package: z.object({ ecosystem: NAME, name: NAME, purl: LINE.exactOptional() }).exactOptional(),
  ranges: z.array(z.object({ type: z.enum(['SEMVER', 'ECOSYSTEM', 'GIT']), events: z.array(EVENT).max(200) })).max(200).exactOptional(),
  versions: z.array(VERSION).max(20_000).exactOptional(),
  /** Ours, for what no package registry has: applications by the name they are known by. */
  database_specific: z.object({ application: NAME.exactOptional() }).exactOptional(),
});
export type Affected = z.infer<typeof AFFECTED>;

const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;
export type AdvisorySeverity = (typeof SEVERITIES)[number];

/** GitHub's word for it, in its OSV records. */
const SEVERITY = z.preprocess((word) => {
  const upper = typeof word === 'string' ? word.toUpperCase() : 'UNKNOWN';
  const known = upper === 'MODERATE' ? 'MEDIUM' : upper;
  return SEVERITIES.some((one) => one === known) ? known : 'UNKNOWN';
}, z.enum(SEVERITIES));

/** One advisory: the part of OSV 1.7 that is matched and shown; what else a record holds is left out. */
export const ADVISORY = z.object({
  id: ID,
  modified: z.iso.datetime({ offset: true }),
  withdrawn: z.iso.datetime({ offset: true }).exactOptional(),
  summary: z.preprocess(firstLine, LINE.exactOptional()).exactOptional(),
  aliases: z.array(ID).max(100).default([]),
  affected: z.array(AFFECTED).max(500).default([]),
  database_specific: z.preprocess((value) => value ?? {}, z.object({ severity: SEVERITY.default('UNKNOWN') })),
});
export type Advisory = z.infer<typeof ADVISORY>;

/** Others' summaries are cut and made plain rather than refused: the advisory counts without them, too. */
function firstLine(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const line = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim().slice(0, 500);
  return line === '' ? undefined : line;
}

const HOST = z.string().max(253).regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/);
const ENDPOINT = z.strictObject({
  /** Without credentials and query. */
  url: z.string().max(500).regex(/^https?:\/\/[^\s@?#]+$/),
  /** In lower case; `*.suffix` for every name below it. */
  host: HOST,
  vendor: NAME,
  /** As public lists have it; empty: none says. */
  auth: z.array(z.enum(['none', 'api-key', 'oauth'])).max(3),
  transport: z.enum(['http', 'sse']).exactOptional(),
  /** The host serves MCP and nothing else that matters: its name alone (DNS, SNI) is evidence. */
  isDedicated: z.boolean(),
});
/** A server that its vendor hosts for everybody. */
export type VendorEndpoint = z.infer<typeof ENDPOINT>;

const CLIENT = z.strictObject({ name: NAME, title: NAME, homepage: z.url({ protocol: /^https$/ }).max(500) });
/** What a client calls itself in `clientInfo.name`: self-reported, so a hint and never a proof. */
export type ClientName = z.infer<typeof CLIENT>;

const DAY = z.iso.date();
const END_OF_LIFE = z.strictObject({
  revisions: z.array(z.strictObject({ revision: DAY, isCurrent: z.boolean() })).max(100),
  deprecated: z.array(z.strictObject({
    what: NAME, kind: z.enum(['transport', 'feature']), since: DAY, removedFrom: DAY.exactOptional(), instead: LINE,
  })).max(500),
  /** `client`: its name in `clientInfo`. */
  clients: z.array(z.strictObject({ client: NAME, title: NAME, endedAt: DAY.exactOptional(), successor: NAME.exactOptional() })).max(1000),
  /** For each major version that is kept up, the lowest without a known flaw that hits a gate. */
  sdkFloors: z.array(z.strictObject({ ecosystem: NAME, name: NAME, floors: z.array(VERSION).min(1).max(20) })).max(1000),
});

const WORDS = z.array(z.string().max(40).regex(/^[a-z]+$/)).max(200);
/** What `discover network` tries and recognises. */
const DISCOVERY = z.strictObject({
  ports: z.array(z.int().min(1).max(65_535)).min(1).max(100),
  paths: z.array(z.string().max(200).regex(/^\/[\w./-]*$/)).min(1).max(50),
  /** Texts of errors that only MCP servers answer with: weak evidence. */
  markers: z.array(LINE.min(10)).max(200),
  /** Words of tool names by what such a tool may do. */
  dangerousTools: z.strictObject({ execute: WORDS, destroy: WORDS, write: WORDS, transact: WORDS, communicate: WORDS }),
});

/** Everything that ages, as one document. */
export const TABLES = z.strictObject({
  /** Counts up with each edition; a lower one is never taken by an import. */
  sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  issuedAt: z.iso.datetime({ offset: true }),
  advisories: z.array(ADVISORY).max(LIMITS.advisoriesMax),
  vendorEndpoints: z.array(ENDPOINT).max(10_000),
  clientNames: z.array(CLIENT).max(10_000),
  endOfLife: END_OF_LIFE,
  discovery: DISCOVERY,
  /** What detectors are made of, in their own form: whoever takes it checks it. Absent: what ships with the program. */
  detection: z.record(z.string().max(100), z.unknown()).exactOptional(),
});
export type Tables = z.infer<typeof TABLES>;
