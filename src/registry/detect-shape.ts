import { z } from 'zod';
import { DETECTOR_MODES, FAILURE_MEANINGS, type SpaceDetect } from '../domain/detect.ts';
import { FACETS } from '../domain/detector.ts';
import { FINDING_RULES } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { ID, SAFE_URL, SECRET } from './manifest-words.ts';

/** `detect:` of sallyport.yaml: which detectors look where, what they are told, and what looks beside them. What a finding means is policy's. */

/** All that can be switched: what looks at the inspection itself, at people, or at whole configurations is none of them. */
const DETECTORS = Object.keys(FINDING_RULES).filter((id) => !['inspect', 'approvals', 'redteam', 'review', 'toxic-combination', 'vendor'].includes(id));
const MODES = z.record(
  z.string().refine((id) => DETECTORS.includes(id), { error: `names what is no detector; they are ${DETECTORS.join(', ')}` }), z.enum(DETECTOR_MODES),
);
const FAILURE = z.enum(FAILURE_MEANINGS);
const HOST = z.string().regex(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'must be a host name in lower case, or *.suffix');
const PATH = z.string().max(4_096).regex(/^\/(?!.*(?:^|\/)\.{1,2}(?:\/|$))/, 'must be an absolute path without . and ..');
const LOOKS_AT = z.array(z.enum(FACETS)).min(1).max(FACETS.length);
const SCHEMA = z.record(z.string(), z.json());

const SERVER = z.strictObject({
  detectors: MODES.exactOptional(), onFailure: FAILURE.exactOptional(), roots: z.array(PATH).min(1).max(100).exactOptional(),
  privateTargets: z.boolean().exactOptional(), arguments: z.record(z.string().min(1).max(LIMITS.nameLengthMax), SCHEMA).exactOptional(),
});

const REMOTE = z
  .strictObject({
    url: SAFE_URL, kind: z.enum(['chat', 'classify']), model: z.string().min(1).max(200).exactOptional(), label: z.string().min(1).max(200).exactOptional(),
    score: z.number().min(0).max(1).exactOptional(), secret: SECRET.exactOptional(), allowPrivate: z.boolean().exactOptional(),
    facets: LOOKS_AT.exactOptional(), timeoutMs: z.int().min(10).max(LIMITS.remoteJudgeMsMax).exactOptional(),
    perMinute: z.int().min(1).max(100_000).exactOptional(), bytesPerMinute: z.int().min(1_024).max(1024 ** 3).exactOptional(),
    charsMax: z.int().min(100).max(LIMITS.remoteJudgeCharsMax).exactOptional(), onFailure: FAILURE.exactOptional(),
  })
  .refine(({ kind, model }) => kind !== 'chat' || model !== undefined, { path: ['model'], error: 'is needed for kind: chat' })
  .refine(({ kind, label }) => kind !== 'classify' || label !== undefined, { path: ['label'], error: 'is needed for kind: classify' });

const PLUGIN = z.strictObject({
  id: ID, module: PATH, sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the file, in lower-case hex'),
  facets: LOOKS_AT.exactOptional(), timeoutMs: z.int().min(1).max(LIMITS.pluginMsMax).exactOptional(),
  memoryBytesMax: z.int().min(16 * 1024 ** 2).max(1024 ** 3).exactOptional(), onFailure: FAILURE.exactOptional(),
});

export const DETECT_SHAPE = z.strictObject({
  detectors: MODES.exactOptional(), onFailure: FAILURE.exactOptional(), trustedHosts: z.array(HOST).max(1_000).exactOptional(),
  resultCharsMax: z.int().min(1_024).max(LIMITS.inspectedCharsMax).exactOptional(), servers: z.record(ID, SERVER).exactOptional(),
  remote: REMOTE.exactOptional(),
  plugins: z.array(PLUGIN).min(1).max(LIMITS.pluginsMax)
    .refine((plugins) => new Set(plugins.map(({ id }) => id)).size === plugins.length, { error: 'has one id twice' }).exactOptional(),
});
export type DetectShape = z.infer<typeof DETECT_SHAPE>;

const READ_BY_MODELS = ['result', 'error', 'prompt', 'resource', 'question'] as const;

/** With every default written out. */
export function detectOf({ remote, plugins, ...rest }: DetectShape): SpaceDetect {
  return {
    ...rest,
    ...(remote === undefined ? {} : { remote: {
      score: 0.5, facets: READ_BY_MODELS, timeoutMs: 1_000, perMinute: 600, bytesPerMinute: 4 * 1024 ** 2, charsMax: 8_192, onFailure: 'refuse', ...remote,
    } }),
    ...(plugins === undefined ? {} : {
      plugins: plugins.map((plugin) => ({ facets: FACETS, timeoutMs: 100, memoryBytesMax: 128 * 1024 ** 2, onFailure: 'refuse', ...plugin })),
    }),
  };
}
