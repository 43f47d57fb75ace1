import type { PolicySource } from './compile.ts';
import { actionScope, oneOf, quote, writePolicy } from './quote.ts';

/** Whose calls, of what. What is absent is everybody's, of everything, in its space. */
export interface ContainedPart {
  readonly servers?: readonly string[];
  /** Of the one server. */
  readonly tool?: string;
  readonly agent?: string;
  readonly principal?: string;
}

/** What a containment has policy say of calls while it holds. Each only takes away: there is no permit among them. */
export interface PolicyContainment extends ContainedPart {
  readonly id: string;
  readonly verb: 'read-only' | 'require-approval' | 'step-up' | 'raise-inspection' | 'block-host';
  /** Epoch ms. */
  readonly until: number;
  /** It holds in every space. */
  readonly organisation: boolean;
  /** Of `require-approval`: as `@approve` has it. */
  readonly approvers: string;
  /** Of `step-up`: seconds since the token was issued. */
  readonly tokenAgeMaxS: number;
}

/**
 * Compiles containments to Cedar with stable ids (`containment:<id>`), in a place that no file of anybody's is. The end stands in the
 * condition, so a containment ends on the second at every gateway, whether or not a new snapshot arrives.
 */
export function compileContainments(containments: readonly PolicyContainment[], file: string): readonly PolicySource[] {
  return containments.map((containment) => ({ file, text: writeContainment(containment), at: { line: 1, column: 1 } }));
}

function writeContainment(containment: PolicyContainment): string {
  const { id, verb, until, organisation, approvers, tokenAgeMaxS } = containment;
  const ends = new Date(until).toISOString();
  const mustCall = verb === 'read-only' || verb === 'require-approval';
  const says: Readonly<Record<PolicyContainment['verb'], readonly string[]>> = {
    'read-only': ['resource.effect != "read"'],
    // A tool that is named is meant, whatever it does.
    'require-approval': containment.tool === undefined ? ['resource.effect != "read"'] : [],
    'step-up': [`context.tokenAge > ${tokenAgeMaxS}`],
    'raise-inspection': [`context.findingSeverity >= ${MEDIUM}`],
    'block-host': ['context.findings.contains("egress/blocked-host")'],
  };
  return writePolicy({
    id: `containment:${id}`,
    remarks: {
      reason: REASONS[verb], source: 'containment', expires: ends, ...(organisation ? { scope: 'organisation' } : {}),
      ...(verb === 'require-approval' ? { approve: approvers } : {}),
    },
    effect: 'forbid',
    principal: 'principal',
    action: mustCall ? actionScope(['call_tool']) : 'action',
    resource: mustCall ? 'resource is Tool' : 'resource',
    when: [...says[verb], ...partOf(containment), `context.now < datetime(${quote(ends)})`],
  });
}

/** Of `findingSeverity`. */
const MEDIUM = 3;

/** What who is refused reads; why it is so is on record, and no caller's business. */
const REASONS: Readonly<Record<PolicyContainment['verb'], string>> = {
  'read-only': 'While an incident is looked into, only what reads is let through here.',
  'require-approval': 'While an incident is looked into, a person agrees to each of these calls.',
  'step-up': 'While an incident is looked into, this takes a token that was issued just now: sign in again.',
  'raise-inspection': 'While an incident is looked into, what detectors find in a message stops it.',
  'block-host': 'The arguments name a host that is blocked.',
};

/** Names as texts, not as entities: what is not registered any more makes no policy invalid. */
function partOf({ servers, tool, agent, principal }: ContainedPart): readonly string[] {
  return [
    ...(servers === undefined ? [] : [oneOf(servers, 'resource.server')]),
    ...(tool === undefined ? [] : [`resource.name == ${quote(tool)}`]),
    ...(agent === undefined ? [] : [`(principal.agent == ${quote(agent)} || context.actors.contains(${quote(agent)}))`]),
    ...(principal === undefined ? [] : [`principal.id == ${quote(principal)}`]),
  ];
}
