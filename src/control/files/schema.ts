import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { WORDS } from '../names.ts';

/** Names that other machines gave: they are shown and recorded, never used as paths or commands here. */
const TEXT = z.string().min(1).max(255).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');
const PATH = z.string().min(1).max(LIMITS.filePathCharsMax).regex(/^[^\p{Cc}]+$/u, 'must be one line');
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
const NAMES = z.array(TEXT).max(LIMITS.fileActServersMax).readonly();

/** One act on one file of one machine. Digests are salted there, so that a record is no way to guess what the file holds. */
export const FILE_ACT = z.strictObject({
  host: TEXT, file: PATH, client: TEXT.exactOptional(), servers: NAMES.exactOptional(),
  /** By which means: `vault`, `connect`, `age`, `managed-settings`, … */
  how: TEXT.exactOptional(), before: DIGEST.exactOptional(), after: DIGEST.exactOptional(), reason: WORDS.exactOptional(),
  /** The code by which an act that was on record did not happen after all. */
  failed: z.string().regex(/^ERR_[A-Z_]{1,60}$/).exactOptional(),
});

/** One thing in which a file is not what was approved. Names and places alone, never a value. */
const DIFFERENCE = z.strictObject({
  file: PATH, client: TEXT.exactOptional(), server: TEXT.exactOptional(), what: TEXT, severity: z.enum(SEVERITIES), by: TEXT.exactOptional(),
});
const DIFFERENCES = z.array(DIFFERENCE).max(LIMITS.fileDifferencesMax).readonly();

/** `place` names what one watcher looks after on its host. */
const WATCHED = { host: TEXT, place: TEXT };

export const FILE_CHANGE = z.strictObject({
  ...WATCHED, seenAt: z.int().nonnegative(), differences: DIFFERENCES, left: z.int().nonnegative(),
  /** What the watcher did of itself about it. */
  done: z.array(TEXT).max(20).readonly(),
});

export const NEW_BASELINE = z.strictObject({
  ...WATCHED, root: DIGEST, number: z.int().min(1), files: z.int().nonnegative(), differences: DIFFERENCES, left: z.int().nonnegative(), reason: WORDS,
});

/** Which baseline of a host was approved last: what a watcher holds is good only if it is that one. */
export const FILE_BASELINE = z.strictObject({ ...WATCHED, root: DIGEST, number: z.int().min(1), files: z.int(), by: z.string(), at: z.number() });

export const WATCH_NEWS = z.strictObject({
  ...WATCHED, everyMs: z.int().min(LIMITS.watchBeatMsMin).max(LIMITS.watchBeatMsMax), state: z.enum(['watching', 'stopped', 'interrupted']),
  reason: WORDS.exactOptional(),
});

/** Of one watcher: until when it is expected to have spoken again. */
export const FILE_WATCH = z.strictObject({
  ...WATCHED, principal: z.string(), everyMs: z.int(), since: z.number(), seenAt: z.number(), state: z.enum(['watching', 'stopped', 'silent']),
});
