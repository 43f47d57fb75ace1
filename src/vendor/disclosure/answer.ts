import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { CONFIDENTIALITIES, EFFECTS } from '../../domain/server.ts';
import type { Question, Value } from './question.ts';
import { QUESTION_IDS, questionOf, type QuestionId } from './questions.ts';

/** What the first key of a disclosure says: the meaning of its questions. Another meaning is another version. */
export const DISCLOSURE_FORMAT = 'sallyport-vendor/v1';

/** One thing that a vendor said: on what ground, when, and until when it may be believed. Days are of UTC. */
export interface Answer {
  readonly value: Value;
  /** A link, or words; never opened by Sallyport. */
  readonly evidence?: string;
  /** `YYYY-MM-DD`, both. */
  readonly date: string;
  readonly expires: string;
}

/** All that a vendor said, as it is kept. */
export interface Disclosure {
  readonly disclosure: typeof DISCLOSURE_FORMAT;
  readonly vendor: string;
  /** Who answered, as they say. */
  readonly by: string;
  readonly date: string;
  readonly answers: Readonly<Partial<Record<QuestionId, Answer>>>;
}

const VISIBLE = /^(?:[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|\n)*$/u;
const TEXT = z.string().trim().min(1).max(LIMITS.vendorAnswerCharsMax).regex(VISIBLE, 'must be visible text');
const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]*$/u;
const SHORT = z.string().trim().min(1).max(300).regex(ONE_LINE, 'must be visible text of one line');
const DATE = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, for instance 2026-12-31').refine(exists, { error: 'is not a date that exists' });

/** The runtime reads 30 February as a day of March. */
function exists(day: string): boolean {
  const at = Date.parse(day);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

const TOOLS = z.array(z.strictObject({
  name: z.string().trim().min(1, 'is missing: a tool is name:effect:data').max(300).regex(ONE_LINE, 'must be visible text of one line'),
  effect: z.enum(EFFECTS), data: z.enum(CONFIDENTIALITIES),
})).max(LIMITS.vendorToolsMax);

function valueOf({ kind, options = [] }: Question): z.ZodType<Value> {
  if (kind === 'yes-no') return z.boolean('must be yes or no');
  if (kind === 'number') return z.number('must be a number, for instance 30').min(0).max(1_000_000);
  if (kind === 'date') return DATE;
  if (kind === 'choice') return z.enum([...options]);
  if (kind === 'list') return z.array(SHORT).min(1).max(LIMITS.vendorListMax);
  return kind === 'tools' ? TOOLS : TEXT;
}

function answerOf(question: Question): z.ZodType<Answer> {
  const asks = `${question.asks}${question.required === true ? ' (must be answered)' : ''}`;
  return z.strictObject({ value: valueOf(question).describe(asks), evidence: TEXT.exactOptional(), date: DATE, expires: DATE });
}

const ANSWERS = z.strictObject(Object.fromEntries(QUESTION_IDS.map((id) => [id, answerOf(questionOf(id)).exactOptional()])));

/** The shape of a disclosure, unknown questions refused. What is about time is checked by `readDisclosure`. */
export const DISCLOSURE: z.ZodType<Disclosure> = z.strictObject({
  disclosure: z.literal(DISCLOSURE_FORMAT),
  vendor: z.string().min(1).max(63),
  by: SHORT,
  date: DATE,
  answers: ANSWERS,
});

/** The published schema (JSON Schema 2020-12) of what vendors fill in. */
export function disclosureSchema(): object {
  return {
    $id: 'urn:sallyport:vendor-disclosure:v1', title: 'Disclosure of a vendor that hosts MCP servers',
    ...z.toJSONSchema(DISCLOSURE, { target: 'draft-2020-12', unrepresentable: 'any' }),
  };
}
