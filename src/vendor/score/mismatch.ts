import type { Severity } from '../../domain/finding.ts';
import { cellOf } from '../disclosure/csv.ts';
import type { Answer, Disclosure } from '../disclosure/answer.ts';
import { worthOf } from '../disclosure/question.ts';
import { QUESTION_IDS, questionOf, type QuestionId } from '../disclosure/questions.ts';
import { CHECKS } from '../probe/checks.ts';
import type { CheckId } from '../probe/checks.ts';
import type { ProbeFacts } from '../probe/result.ts';
import { isCheck, type Seen } from './checks.ts';
import { freshnessOfProbe, type ScoreInput } from './input.ts';

/** One thing that a vendor said, and that is otherwise from outside. */
export interface Mismatch {
  /** `<question>/<what was seen>`: what an exception names. */
  readonly id: string;
  readonly question: QuestionId;
  readonly severity: Severity;
  /** In words; what the vendor and its server wrote in them is theirs. */
  readonly said: string;
  readonly seen: string;
}

/** From this worth on, an answer claims something. */
const CLAIM = 0.6;

/** Every answer that what was seen contradicts: by a check that failed, or by a fact that is another. */
export function mismatchesOf({ disclosure, probes, day }: ScoreInput, seen: ReadonlyMap<CheckId, Seen>): readonly Mismatch[] {
  if (disclosure === undefined) return [];
  const current = probes.filter(({ endedAt }) => freshnessOfProbe(endedAt, day) > 0);
  const found = [...byChecks(disclosure, seen, day), ...current.flatMap(({ facts, endpoint }) => byFacts(disclosure, facts, endpoint))];
  return [...new Map(found.map((one) => [one.id, one])).values()];
}

function byChecks({ answers }: Disclosure, seen: ReadonlyMap<CheckId, Seen>, day: number): readonly Mismatch[] {
  return QUESTION_IDS.flatMap((id) => {
    const { counts, seenBy = [] } = questionOf(id);
    const answer = answers[id];
    if (answer === undefined || counts === undefined || worthOf(counts.worth, answer.value, day) < CLAIM) return [];
    return seenBy.flatMap((check): readonly Mismatch[] => {
      const saw = isCheck(check) ? seen.get(check) : undefined;
      if (!isCheck(check) || saw?.outcome !== 'fail') return [];
      return [{ id: `${id}/${check}`, question: id, severity: CHECKS[check].severity, said: told(answer), seen: `${saw.endpoint}: ${saw.evidence}` }];
    });
  });
}

/** A fact that is absent was not seen, and contradicts nothing. */
function byFacts({ answers }: Disclosure, facts: ProbeFacts, endpoint: string): readonly Mismatch[] {
  const contradicts = (question: QuestionId, what: string, severity: Severity, seen: string): Mismatch => ({
    id: `${question}/${what}`, question, severity, said: told(answers[question]), seen: `${endpoint}: ${seen}`,
  });
  const undeclared = (facts.transports ?? []).filter((one) => !listIn(answers.transports).includes(one));
  const revisions = (facts.revisions ?? []).filter((one) => !listIn(answers.revisions).includes(one));
  const hosts = (facts.hosts ?? []).filter((host) => !isDeclared(host, [...listIn(answers['other-hosts']), ...listIn(answers.endpoints), endpoint]));
  const authentication = answers.authentication?.value;
  return [
    ...(facts.auth === 'none' && authentication !== undefined && authentication !== 'none'
      ? [contradicts('authentication', 'open', 'critical', 'it lets everyone in')] : []),
    ...(facts.dpop === false && answers['token-binding']?.value === 'dpop'
      ? [contradicts('token-binding', 'dpop', 'medium', 'its authorization server announces no DPoP')] : []),
    ...(undeclared.length > 0 && answers.transports !== undefined
      ? [contradicts('transports', 'undisclosed', 'medium', `it serves ${few(undeclared)} too`)] : []),
    ...(revisions.length > 0 && answers.revisions !== undefined
      ? [contradicts('revisions', 'undisclosed', 'low', `it speaks ${few(revisions)} too`)] : []),
    ...(hosts.length > 0 && answers['other-hosts'] !== undefined
      ? [contradicts('other-hosts', 'undisclosed', 'high', `it sends clients to ${few(hosts)}`)] : []),
    ...toolMismatches(answers.tools, facts, contradicts),
  ];
}

type Contradicts = (question: QuestionId, what: string, severity: Severity, seen: string) => Mismatch;

function toolMismatches(answer: Answer | undefined, { tools = [] }: ProbeFacts, contradicts: Contradicts): readonly Mismatch[] {
  if (answer === undefined || !Array.isArray(answer.value)) return [];
  const effects = new Map(answer.value.flatMap((one) => (typeof one === 'string' ? [] : [[one.name, one.effect] as const])));
  const undisclosed = tools.filter(({ name }) => !effects.has(name)).map(({ name }) => name);
  const graver = tools.filter(({ name, destructive }) => destructive === true && effects.get(name) === 'read').map(({ name }) => name);
  return [
    ...(undisclosed.length > 0 ? [contradicts('tools', 'undisclosed', 'high', `it has tools that were not disclosed: ${few(undisclosed)}`)] : []),
    ...(graver.length > 0 ? [contradicts('tools', 'effect', 'high', `tools that were disclosed as reading say that they destroy: ${few(graver)}`)] : []),
  ];
}

function few(items: readonly string[]): string {
  return `${items.slice(0, SHOWN_MAX).join(', ')}${items.length > SHOWN_MAX ? ` and ${items.length - SHOWN_MAX} more` : ''}`;
}

const SHOWN_MAX = 5;

function listIn(answer: Answer | undefined): readonly string[] {
  return Array.isArray(answer?.value) ? answer.value.filter((one) => typeof one === 'string') : [];
}

/** By its host, whatever was written: a name, or an address. */
function isDeclared(host: string, declared: readonly string[]): boolean {
  return declared.some((one) => (URL.canParse(one) ? new URL(one).host : one).toLowerCase() === host.toLowerCase()
    || (URL.canParse(one) && new URL(one).hostname.toLowerCase() === host.toLowerCase()));
}

function told(answer: Answer | undefined): string {
  if (answer === undefined) return 'nothing';
  const text = cellOf(answer.value);
  return `${text.length > TOLD_MAX ? `${text.slice(0, TOLD_MAX)}…` : text} (${answer.date})`;
}

const TOLD_MAX = 120;
