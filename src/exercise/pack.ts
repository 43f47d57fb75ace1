import { z } from 'zod';
import { CONTAINMENT_TARGETS, CONTAINMENT_VERBS } from '../domain/containment.ts';
import { INCIDENT_KINDS } from '../domain/incident.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { RECORD_EVENTS } from '../domain/record.ts';

/**
 * A pack: one exercise as data. On paper a facilitator reads its injects at their times; live, the steps of each are played at a
 * gate of its own and what people do there is seen in its records.
 */

const ID = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/).max(48);
const LINE = z.string().min(1).max(400);
const TEXT = z.string().min(1).max(4_000);
const OBJECT: z.ZodType<JsonObject> = z.record(z.string(), z.json().transform((value): Json => JSON.parse(JSON.stringify(value))));

export const AREAS = ['detect', 'decide', 'contain', 'evidence', 'tell', 'recover'] as const;
export type Area = (typeof AREAS)[number];

/** An act as its record has it. What is named must be so. */
const ACT = z.strictObject({
  event: z.enum(RECORD_EVENTS), verb: z.enum(CONTAINMENT_VERBS).exactOptional(), target: z.enum(CONTAINMENT_TARGETS).exactOptional(),
  /** The name of what it is done to. */
  of: LINE.exactOptional(),
  /** Of changes: `<resource>.<verb>`. */
  action: LINE.exactOptional(),
});
export type Act = z.infer<typeof ACT>;

const EXPECTED = z.strictObject({
  id: ID, area: z.enum(AREAS), what: LINE,
  /** Minutes after the inject. */
  within: z.int().min(1).max(240), points: z.int().min(1).max(20),
  /** Any of these is the right answer. Without one, people alone can say whether it was done. */
  any: z.array(ACT).min(1).max(12).exactOptional(),
  hint: LINE,
});
export type Expected = z.infer<typeof EXPECTED>;

const INJECT = z.strictObject({
  id: ID, title: LINE,
  /** Minutes after the start. */
  at: z.int().min(0).max(240),
  /** What the facilitator reads out, or hands over. */
  text: TEXT,
  /** Records of a rehearsal that are printed with it. */
  artefact: z.strictObject({ title: LINE, events: z.array(z.enum(RECORD_EVENTS)).min(1).max(12), most: z.int().min(1).max(30).default(10) }).exactOptional(),
  /** What really happens when it is played live: steps of a red-team scenario. */
  steps: z.array(OBJECT).min(1).max(30).exactOptional(),
  expected: z.array(EXPECTED).max(8),
});
export type Inject = z.infer<typeof INJECT>;

const PACK = z.strictObject({
  apiVersion: z.literal('sallyport/v1'),
  exercise: z.strictObject({
    id: ID, version: z.int().min(1), title: LINE, kind: z.enum(INCIDENT_KINDS), minutes: z.int().min(30).max(240),
    objectives: z.array(LINE).min(1).max(8), techniques: z.array(LINE).min(1).max(20),
    cast: z.array(z.strictObject({ role: LINE, does: LINE })).min(2).max(12),
    setting: TEXT,
    /** Of a red-team scenario: toy servers, who acts, values, policy, and what must not happen. */
    stage: z.strictObject({
      servers: OBJECT, cast: OBJECT.exactOptional(), data: OBJECT.exactOptional(), policy: TEXT.exactOptional(), harm: z.array(OBJECT).min(1),
    }),
    injects: z.array(INJECT).min(2).max(20),
    /** Acts that make it worse, each once. */
    wrong: z.array(z.strictObject({ id: ID, what: LINE, act: ACT, minus: z.int().min(1).max(20) })).max(10),
    rubric: z.array(z.strictObject({ area: z.enum(AREAS), poor: LINE, fair: LINE, good: LINE })).min(2).max(AREAS.length),
    hotWash: z.array(LINE).min(3).max(12),
  }),
});
export type Pack = z.infer<typeof PACK>['exercise'];

/** A file that was parsed as YAML or JSON and knows where everything in it stands. */
export interface PackSource {
  readonly value: unknown;
  /** An error with file, line and column of each complaint. */
  invalid(complaints: readonly Complaint[], remedy: string): Error;
}

interface Complaint {
  readonly path: readonly (string | number)[];
  /** An unknown key: the key itself is pointed at. */
  readonly key?: string;
  readonly message: string;
}

const REMEDY = 'correct that place; docs/exercises.md has every key';

/** Reads a pack. Unknown keys, and what does not fit together, are refused with their places. */
export function readPack(source: PackSource): Pack {
  const read = PACK.safeParse(source.value, { reportInput: false });
  if (!read.success) throw source.invalid(read.error.issues.flatMap(complaintsOf), REMEDY);
  const pack = read.data.exercise;
  const complaints = [...repeated(pack), ...disordered(pack)];
  if (complaints.length > 0) throw source.invalid(complaints, REMEDY);
  return pack;
}

function complaintsOf(issue: z.core.$ZodIssue): readonly Complaint[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path, key, message: `has a key that is not known: ${JSON.stringify(key)}` }));
  return [{ path, message: issue.message }];
}

function repeated({ injects, wrong }: Pack): readonly Complaint[] {
  const ids = [
    ...injects.flatMap(({ id, expected }, index) => [
      { id, path: ['exercise', 'injects', index, 'id'] },
      ...expected.map((one, at) => ({ id: one.id, path: ['exercise', 'injects', index, 'expected', at, 'id'] })),
    ]),
    ...wrong.map(({ id }, index) => ({ id, path: ['exercise', 'wrong', index, 'id'] })),
  ];
  return ids.filter(({ id }, index) => ids.findIndex((one) => one.id === id) !== index).map(({ id, path }) => ({ path, message: `${id} is there already` }));
}

function disordered({ injects, minutes }: Pack): readonly Complaint[] {
  return injects.flatMap(({ at }, index) => {
    const before = injects[index - 1]?.at ?? 0;
    const path = ['exercise', 'injects', index, 'at'];
    if (at < before) return [{ path, message: 'comes before the one above it' }];
    return at > minutes ? [{ path, message: 'comes after the end' }] : [];
  });
}
