import { z } from 'zod';
import { SERVER_JSON, VERSION } from '../../registry/server-json/shape.ts';
import { UPSTREAM_STATUSES } from '../../registry/catalogs/catalog.ts';
import { EFFECTS } from '../../domain/server.ts';
import { LIMITS } from '../../domain/limits.ts';
import { NAME, WORDS } from '../names.ts';

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
export const STATUSES = ['active', 'deprecated', 'deleted'] as const;
export type ListingStatus = (typeof STATUSES)[number];
/** A sentence for everybody's eyes. */
export const MESSAGE = WORDS.max(500);
const LINE = WORDS.max(100);
const LINK = z.url({ protocol: /^https$/ }).max(LIMITS.uriLengthMax);

/** What is known of a server's package when it is published: it never changes afterwards. */
const PACKAGE_FACTS = z.strictObject({
  purl: z.string().max(1000), digest: z.string().max(200),
  /** Packages in its tree, and how many of them say verifiably who built them. */
  packages: z.int().exactOptional(), attested: z.int().exactOptional(),
  provenance: z.strictObject({ repository: z.string(), builder: z.string() }).exactOptional(),
});

/** One version of a server, as clients may see it. */
export const LISTING = z.strictObject({
  server: NAME,
  version: VERSION,
  title: LINE.exactOptional(),
  description: LINE,
  websiteUrl: LINK.exactOptional(),
  /** Where its publisher keeps what it is made of. */
  sbom: LINK.exactOptional(),
  /** Of the baseline that is published by it: what is approved in its place later is not, until it is published too. */
  digest: DIGEST,
  approvedAt: z.int(),
  tools: z.int(),
  effects: z.partialRecord(z.enum(EFFECTS), z.int()),
  package: PACKAGE_FACTS.exactOptional(),
  request: z.uuid().exactOptional(),
  /** Epoch ms; overdue, it is deprecated by itself. */
  reviewBy: z.int().exactOptional(),
  status: z.enum(STATUSES),
  statusMessage: MESSAGE.exactOptional(),
  statusChangedAt: z.int(), publishedAt: z.int(), updatedAt: z.int(),
  publishedBy: z.string(),
});
export type Listing = z.infer<typeof LISTING>;

/** As the registry API has it. */
export const STATUS_UPDATE = z.object({ status: z.enum(STATUSES), statusMessage: MESSAGE.exactOptional() });

export const PUBLICATION = z.strictObject({
  server: NAME,
  version: VERSION.exactOptional(),
  title: LINE.exactOptional(),
  /** Absent: as it was published before. */
  description: LINE.exactOptional(),
  websiteUrl: LINK.exactOptional(),
  sbom: LINK.exactOptional(),
  reviewBy: z.int().exactOptional(),
});

/** Why an entry waits for a person. Closed: each is told in `WHY_HELD`. */
const HOLDS = ['changed', 'upstream-deleted', 'upstream-deprecated', 'hidden-text', 'instructions', 'cleartext', 'unpinned', 'look-alike', 'advisory'] as const;
export type Hold = (typeof HOLDS)[number];

/** One version of a server in somebody else's registry, as it was first seen. */
export const CATALOG_ENTRY = z.strictObject({
  /** The name that its importer gave the catalogue. */
  source: NAME,
  server: SERVER_JSON,
  digest: DIGEST,
  status: z.enum(UPSTREAM_STATUSES),
  publishedAt: z.int().exactOptional(),
  firstSeenAt: z.int(), lastSeenAt: z.int(),
  /** What was found in it when it was imported. */
  holds: z.array(z.enum(HOLDS)),
  /** The same name and version came again with another content: this is what it was then. */
  changedTo: DIGEST.exactOptional(),
  released: z.strictObject({ by: z.string(), at: z.int(), reason: WORDS, digest: DIGEST, holds: z.array(z.enum(HOLDS)) }).exactOptional(),
});
export type CatalogEntryRow = z.infer<typeof CATALOG_ENTRY>;

export const CATALOG_BATCH = z.strictObject({
  source: NAME,
  entries: z.array(z.strictObject({
    server: SERVER_JSON, status: z.enum(UPSTREAM_STATUSES), publishedAt: z.int().min(0).exactOptional(),
  })).min(1).max(LIMITS.catalogBatchMax),
});
