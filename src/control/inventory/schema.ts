import { z } from 'zod';
import { ASSET_KINDS, RISKS, SENSORS } from '../../domain/observation.ts';
import { LIMITS } from '../../domain/limits.ts';
import { WORDS } from '../names.ts';

const KEY = z.string().max(LIMITS.assetKeyCharsMax)
  .regex(/^(?:url|host|package|program|process|listener|container|client|person|machine|gate):./su, 'must be a key of an asset');
const HOST = z.string().min(1).max(255);
const TEXT = z.string().max(1_000);
const NAME = z.string().min(1).max(300);

const RUNS = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('remote'), url: TEXT }),
  z.strictObject({
    kind: z.literal('package'), ecosystem: z.enum(['npm', 'pypi', 'oci', 'go', 'cargo', 'nuget', 'mcpb']), name: NAME, version: NAME.exactOptional(),
  }),
  z.strictObject({ kind: z.literal('program'), program: TEXT, script: TEXT.exactOptional() }),
  z.strictObject({ kind: z.literal('shell'), line: TEXT }),
  z.strictObject({ kind: z.literal('gate'), server: NAME.exactOptional() }),
]);

/** What a sensor says it saw. `gate` is not among the sensors: what passes the gate control knows from the ledger alone. */
const OBSERVATION = z.strictObject({
  sensor: z.enum(SENSORS).exclude(['gate']),
  kind: z.enum(ASSET_KINDS),
  host: HOST.exactOptional(),
  place: TEXT,
  keys: z.array(KEY).min(1).max(20),
  name: NAME.exactOptional(),
  runs: RUNS.exactOptional(),
  client: NAME.exactOptional(),
  person: NAME.exactOptional(),
  confidence: z.int().min(1).max(100),
  risks: z.array(z.enum(RISKS)).max(RISKS.length),
  facts: z.record(z.string().min(1).max(60), z.union([z.string().max(500), z.number(), z.boolean()]))
    .refine((facts) => Object.keys(facts).length <= 20, 'must be at most 20'),
  seenAt: z.int().min(0),
});

/**
 * That these sensors have looked at everything they look at on a host since then: what they did not see again is gone, unless it
 * was below a place that they could not look at.
 */
const WHOLE = z.strictObject({
  sensors: z.array(z.enum(SENSORS).exclude(['gate'])).min(1).max(SENSORS.length), host: HOST.exactOptional(), since: z.int().min(0),
  except: z.array(z.string().min(1).max(1_000)).max(LIMITS.unseenShownMax).default([]),
});

export const REPORT = z.strictObject({
  observations: z.array(OBSERVATION).max(LIMITS.observationsReportedMax),
  whole: z.array(WHOLE).max(20).default([]),
});
export type Report = z.infer<typeof REPORT>;
export type Reported = Report['observations'][number];

/** One piece of evidence as it is kept: what was said last, since when, and whether it was not seen again. */
const EVIDENCE = OBSERVATION.omit({ sensor: true, host: true }).extend({ firstSeenAt: z.number(), goneAt: z.number().exactOptional() });
export type StoredEvidence = z.infer<typeof EVIDENCE>;

/** All that one reporter's sensor sees on one host, by what makes each piece the same one. */
export const SOURCE = z.strictObject({
  by: z.string(), sensor: OBSERVATION.shape.sensor, host: HOST.exactOptional(), items: z.record(z.string(), EVIDENCE),
});
export type StoredSource = z.infer<typeof SOURCE>;

/** What is on record of an asset: the next comparison records what is another by then. */
export const ASSET = z.strictObject({ kind: z.enum(ASSET_KINDS), status: z.string().exactOptional(), name: z.string(), key: z.string() });
export type StoredAsset = z.infer<typeof ASSET>;

/** That somebody looked at an asset and wants to hear no more of it for a while. By its keys, so that it is known again under another id. */
export const IGNORED = z.strictObject({
  keys: z.array(z.string()).min(1), kind: z.enum(ASSET_KINDS), reason: z.string(), by: z.string(), at: z.number(), until: z.number(),
});
export const IGNORE = z.strictObject({ reason: WORDS, until: z.int().min(0) });
