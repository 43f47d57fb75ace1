import { LIMITS } from '../../domain/limits.ts';
import { DISCLOSURE, type Answer, type Disclosure } from './answer.ts';
import { QUESTION_IDS, questionOf, type QuestionId } from './questions.ts';

/** One thing that is wrong, by its path in the disclosure. */
export interface DisclosureComplaint {
  readonly path: readonly (string | number)[];
  /** An unknown key: the key itself. */
  readonly key?: string;
  readonly message: string;
}

const DAY_MS = 86_400_000;

/** Reads what a vendor or its file says. Whatever is wrong is told with its place, and nothing of the rest is taken. */
export function readDisclosure(
  value: unknown, vendor: string, now: number,
): { readonly disclosure: Disclosure } | { readonly complaints: readonly DisclosureComplaint[] } {
  const read = DISCLOSURE.safeParse(value, { reportInput: false });
  if (!read.success) {
    return {
      complaints: read.error.issues.flatMap((issue) => {
        const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
        if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
        return issue.keys.map((key) => ({ path, key, message: `has a key that is not known: ${JSON.stringify(key.slice(0, 100))}` }));
      }),
    };
  }
  const { data } = read;
  const complaints = [
    ...(data.vendor === vendor ? [] : [{ path: ['vendor'], message: `must be ${vendor}: a disclosure is of one vendor` }]),
    ...QUESTION_IDS.flatMap((id) => timeComplaints(id, data.answers[id], now)),
  ];
  return complaints.length > 0 ? { complaints } : { disclosure: data };
}

/** What was said tomorrow was not said; what never ends is looked at by nobody. */
function timeComplaints(id: QuestionId, answer: Answer | undefined, now: number): readonly DisclosureComplaint[] {
  if (answer === undefined) return [];
  const [said, until] = [Date.parse(answer.date), Date.parse(answer.expires)];
  const path = ['answers', id];
  return [
    ...(said > now + DAY_MS ? [{ path: [...path, 'date'], message: 'is not here yet' }] : []),
    ...(until <= said ? [{ path: [...path, 'expires'], message: 'must be later than its date' }] : []),
    ...(until - said > LIMITS.vendorAnswerLifeMs ? [{ path: [...path, 'expires'], message: 'must be at most two years after its date' }] : []),
  ];
}

/** Required questions without an answer that still holds. */
export function missingIn(disclosure: Disclosure | undefined, now: number): readonly QuestionId[] {
  return QUESTION_IDS.filter((id) => {
    const answer = disclosure?.answers[id];
    return questionOf(id).required === true && (answer === undefined || Date.parse(answer.expires) <= now);
  });
}

/** Epoch ms when the first required answer ends; undefined: one is missing. */
export function goodUntil(disclosure: Disclosure): number | undefined {
  const required = QUESTION_IDS.filter((id) => questionOf(id).required === true).map((id) => disclosure.answers[id]);
  const ends = required.flatMap((answer) => (answer === undefined ? [] : [Date.parse(answer.expires)]));
  return ends.length < required.length ? undefined : Math.min(...ends);
}
