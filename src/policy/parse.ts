import { createHash } from 'node:crypto';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { DetailedError } from './cedar.ts';
import { askCedar } from './cedar.ts';
import type { Problem } from './diagnostic.ts';
import type { EntityName } from './program.ts';
import { argumentsRead, checkValues, namesIn } from './references.ts';
import type { Chunk } from './split.ts';
import { unitOffset } from './split.ts';
import type { Draft } from './translate.ts';
import { UntranslatableError, translatePolicy } from './translate.ts';

/** What one policy's text comes to by itself; kept by digest, so that an unchanged policy is never parsed again. */
export interface ParsedPolicy {
  /** SHA-256 of the text, hex. */
  readonly digest: string;
  /** Absent when there are problems. */
  readonly draft?: Draft;
  readonly names: readonly EntityName[];
  /** The arguments that it reads; `*` for all; absent when it reads none. */
  readonly reads?: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Parses one policy with Cedar's parser and translates it. */
export function parsePolicy(chunk: Chunk, digest: string): ParsedPolicy {
  const refused = (problem: Problem): ParsedPolicy => ({ digest, names: [], problems: [problem] });
  if (Buffer.byteLength(chunk.text) > LIMITS.policyBytesMax || chunk.depth > LIMITS.policyDepthMax || chunk.operators > LIMITS.policyOperatorsMax * 4) {
    return refused(tooComplex());
  }
  const answer = askCedar((cedar) => cedar.policyToJson(chunk.text));
  if (answer === undefined) return refused(tooComplex());
  if (answer.type === 'failure') return refused(syntaxProblem(chunk.text, answer.errors[0]));
  try {
    const json: Json = JSON.parse(JSON.stringify(answer.json));
    const draft = translatePolicy(isObject(json) ? json : {});
    const reads = argumentsRead(draft.condition);
    return { digest, draft, names: namesIn(draft), problems: checkValues(draft.condition), ...(reads === undefined ? {} : { reads }) };
  } catch (error) {
    if (error instanceof UntranslatableError) return refused(error.problem);
    throw error;
  }
}

function tooComplex(): Problem {
  return {
    code: 'ERR_POLICY_UNSUPPORTED',
    message: `a policy is at most ${LIMITS.policyBytesMax} bytes and ${LIMITS.policyDepthMax} brackets deep`,
    remedy: 'split it into several policies',
  };
}

function syntaxProblem(text: string, error: DetailedError | undefined): Problem {
  const [place] = error?.sourceLocations ?? [];
  const message = (error?.message ?? 'not a Cedar policy').replace(/^failed to parse policy from string: /, '');
  return {
    code: 'ERR_POLICY_SYNTAX',
    message,
    remedy: error?.help ?? place?.label ?? 'correct the policy by the Cedar grammar; templates with slots are not supported',
    ...(place === undefined ? {} : { at: unitOffset(text, place.start) }),
  };
}
