import { CONFIDENTIALITIES, type Category, type Confidentiality } from '../domain/server.ts';
import type { PolicySource } from './compile.ts';
import { entity, idPart, oneOf, quote, writePolicy } from './quote.ts';

/** Who, or which servers, may not have some data as it is: refused, or sent without it. */
export interface ClassificationRule {
  readonly data: { readonly confidentiality?: Confidentiality | undefined; readonly categories?: readonly Category[] | undefined };
  readonly to: {
    readonly tier?: string | undefined;
    readonly hosting?: string | undefined;
    readonly server?: string | undefined;
    readonly notRegions?: readonly string[] | undefined;
    readonly groups?: readonly string[] | undefined;
    readonly notGroups?: readonly string[] | undefined;
  };
  readonly do: 'refuse' | 'redact' | 'tokenise';
  readonly reason: string;
}

/**
 * Compiles `classification:` to Cedar with stable ids (`classification:<name>:<part>`). What is sent is judged by what flows into
 * the arguments, what people are given by the labels of where it comes from. What is to be redacted or tokenised permits nothing.
 */
export function compileClassification(rules: Readonly<Record<string, ClassificationRule>>, file: string): readonly PolicySource[] {
  return Object.entries(rules).map(([name, rule]) => ({ file, text: writeRule(name, rule), at: { line: 1, column: 1 } }));
}

function writeRule(name: string, rule: ClassificationRule): string {
  const { to } = rule;
  const isSink = to.tier !== undefined || to.hosting !== undefined || to.server !== undefined || to.notRegions !== undefined;
  return [...(isSink ? [sent(name, rule)] : []), ...(isSink ? [] : [received(name, rule)])].join('\n');
}

/** Towards servers: the arguments. */
function sent(name: string, { data, to, do: then, reason }: ClassificationRule): string {
  const where = [
    ...(to.tier === undefined ? [] : [`resource.tier == ${quote(to.tier)}`]), ...(to.hosting === undefined ? [] : [`resource.hosting == ${quote(to.hosting)}`]),
    ...(to.notRegions === undefined ? [] : [`!(${oneOf(to.notRegions, 'resource.region')})`]), ...people(to),
  ];
  const resource = to.server === undefined ? 'resource' : `resource in ${entity('Server', to.server)}`;
  return policyOf(`${name}:sent`, then, reason, data, 'action == Action::"call_tool"', resource,
    [...carries(data, 'context.argumentConfidentiality', 'context.argumentCategories'), ...where]);
}

/** Towards people: what they ask for, refused when asked, or changed in its answer. */
function received(name: string, { data, to, do: then, reason }: ClassificationRule): string {
  const action = then === 'refuse' ? 'action in [Action::"call_tool", Action::"read_resource", Action::"get_prompt"]' : 'action == Action::"respond"';
  return policyOf(`${name}:received`, then, reason, data, action, 'resource',
    [...carries(data, 'resource.confidentiality', 'resource.categories'), ...people(to)]);
}

function policyOf(
  id: string, then: ClassificationRule['do'], reason: string, { categories = [] }: ClassificationRule['data'], action: string, resource: string,
  when: readonly string[],
): string {
  const transform = then === 'refuse' ? {} : { only: 'transforms', [then]: categories.join(',') };
  return writePolicy({
    id: `classification:${id.split(':').map(idPart).join(':')}`, remarks: { reason, ...transform }, effect: then === 'refuse' ? 'forbid' : 'permit',
    principal: 'principal', action, resource, when,
  });
}

/** At least that confidential, or of one of those categories. */
function carries({ confidentiality, categories }: ClassificationRule['data'], level: string, set: string): readonly string[] {
  const from = confidentiality === undefined ? undefined : CONFIDENTIALITIES.slice(CONFIDENTIALITIES.indexOf(confidentiality));
  return [
    ...(from === undefined ? [] : [oneOf(from, level)]),
    ...(categories === undefined ? [] : [`${set}.containsAny([${categories.map(quote).join(', ')}])`]),
  ];
}

function people({ groups = [], notGroups = [] }: ClassificationRule['to']): readonly string[] {
  return [...(groups.length === 0 ? [] : [`(${inAny(groups)})`]), ...(notGroups.length === 0 ? [] : [`!(${inAny(notGroups)})`])];
}

function inAny(names: readonly string[]): string {
  return names.map((group) => `principal in ${entity('Group', group)}`).join(' || ');
}
