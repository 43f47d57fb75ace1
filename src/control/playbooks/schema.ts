import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { PROGRESS } from '../../incident/playbook/progress.ts';
import { ACCESSES } from '../access.ts';
import { WORDS } from '../names.ts';
import { PROPOSAL } from '../proposals/schema.ts';

const ID = z.string().regex(/^playbook--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of a playbook');
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);

/** What an organisation says of a playbook: a version of its own, and whether it starts by itself. A part of the signed configuration. */
export const PLAYBOOK_ROW = z.strictObject({
  /** The text of it, signed by this control. Absent: the shipped one. */
  text: z.string().max(LIMITS.playbookBytesMax * 2).exactOptional(), automatic: z.boolean(), by: z.string(), at: z.number(),
});

/** The text of a playbook that a run keeps to, by its digest. */
export const PLAYBOOK_TEXT = z.strictObject({ text: z.string().max(LIMITS.playbookBytesMax * 2) });

/** One run of a playbook. */
export const PLAYBOOK_RUN = z.strictObject({
  playbook: ID, name: z.string(), version: z.string(), digest: DIGEST, incident: z.string(), reason: z.string(), startedAt: z.number(), startedBy: z.string(),
  /** Who started it, or drove it on last: what it does next is done by their rights. */
  actor: PROPOSAL.shape.proposer,
  /** At most this, whatever their roles give: what they signed in for. */
  may: z.array(z.enum(ACCESSES)),
  /** Digests of the texts: of the playbook first, then of all that it calls. */
  texts: z.array(DIGEST).min(1), progress: PROGRESS, endedAt: z.number().exactOptional(),
});
export type PlaybookRun = z.infer<typeof PLAYBOOK_RUN>;

const VALUES = z.record(
  z.string().regex(/^[a-z][a-z0-9_]{0,60}$/, 'must be the name of a variable, without its underscores'), z.string().max(LIMITS.playbookValueCharsMax),
);

export const IMPORT = z.strictObject({ text: z.string().min(2).max(LIMITS.playbookBytesMax), reason: WORDS });
export const AUTOMATIC = z.strictObject({ automatic: z.boolean(), reason: WORDS });
export const START = z.strictObject({
  incident: z.string().min(1).max(100), mode: z.enum(['automatic', 'step', 'dry']), reason: WORDS, values: VALUES.default({}),
});
/** `done` and `failed`: what people did. `go` lets control do the step, `retry` do it again; `skip` leaves it out. */
export const STEP = z.strictObject(
  { n: z.int().min(1), what: z.enum(['done', 'failed', 'go', 'retry', 'skip']), note: WORDS.exactOptional(), values: VALUES.default({}) },
);
export const CANCEL = z.strictObject({ reason: WORDS });
