import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ContainmentScope, ContainmentVerb } from '../../domain/containment.ts';
import type { JsonObject } from '../../domain/json.ts';
import { parseCondition, variablesOf } from './condition.ts';
import { EXTENSION_ID } from './form.ts';
import type { Guide, Playbook, Step } from './form.ts';
import { variablesIn } from './variables.ts';

type Target = ContainmentScope['target'];
export type People = 'lead' | 'operations' | 'owner' | 'legal' | 'communications';
type Activity = Playbook['playbook_activities'][number];

/** What the steps of a shipped playbook are written as; `compose` makes CACAO of it. */
export type Part =
  | {
    readonly kind: 'request'; readonly name: string; readonly command: string; readonly content?: JsonObject; readonly activity: Activity;
    /** Variables that its answer gives. */
    readonly into?: readonly string[];
  }
  | {
    readonly kind: 'ask'; readonly name: string; readonly who: People; readonly activity: Activity; readonly does: readonly string[];
    /** Variables that the people give. */
    readonly answers?: readonly string[];
  }
  | { readonly kind: 'if'; readonly name: string; readonly condition: string; readonly yes: readonly Part[]; readonly no?: readonly Part[] }
  | { readonly kind: 'fork'; readonly name: string; readonly branches: readonly (readonly Part[])[] }
  | { readonly kind: 'use'; readonly name: string; readonly playbook: string; readonly hands: readonly string[] };

export interface Draft {
  /** Of its file, and part of what its ids are made of. */
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly types: readonly Playbook['playbook_types'][number][];
  /** 0..100, of CACAO. */
  readonly severity: number;
  readonly impact: number;
  /** The version: when its words were changed last. */
  readonly modified: string;
  readonly guide: Guide;
  readonly parts: readonly Part[];
}

/** What a run is told of its incident. */
export const SUBJECT_VARIABLES = {
  __incident__: 'id of the incident', __severity__: 'severity of the incident', __principal__: 'who called', __agent__: 'their agent',
  __context__: 'key of the flow context', __server__: 'the server', __tool__: 'the tool, with its server before a stroke',
  __credential__: 'id of the credential',
  __vendor__: 'the vendor', __host__: 'the host', __file__: 'the file', __package__: 'the package',
} as const;

/** What people are asked, by variable. */
const ANSWERS: Readonly<Record<string, string>> = {
  __confirmed__: 'whether it really is such an incident', __personal_data__: 'whether data about people may be concerned',
  __secret__: 'name of a secret of the vault, or nothing',
  __spread__: 'whether more than the first server or person is concerned', __trusted_again__: 'whether what was stopped may run again',
};

const CREATED = '2026-11-23T20:00:00.000Z';
const IDENTITY = 'identity--7b1e4a52-6f0c-4c8e-8a35-0d9f2b6c1e74';
/** CACAO 2.0, 10.10: the namespace of playbooks whose id follows from their names and types. */
const NAMESPACE = 'aa7caf3ad55a4e9ab34e056215fba56a';

const CONTROL: Playbook['agent_definitions'][string] = {
  type: 'http-api', name: 'Sallyport control', description: 'Runs the request itself; the address is not followed.',
  address: { dname: ['control.sallyport.internal'] },
};

const PEOPLE: Readonly<Record<People, string>> = {
  lead: 'Incident lead', operations: 'Security operations', owner: 'Owner of the server', legal: 'Legal and privacy', communications: 'Communications',
};

/** A secret of the vault that may be in wrong hands: people say which, and its present version is given to nobody from then on. */
export function holdSecret(question: string): readonly Part[] {
  const scope = { target: 'credential', name: '__secret__:value' };
  const content = { verb: 'rotate-secret', scope, incident: '__incident__:value', reason: 'playbook: it may be in wrong hands' };
  return [
    { kind: 'ask', name: 'Which secret?', who: 'operations', activity: 'identify-indicators', answers: ['__secret__'], does: [question, NO_SECRET] },
    {
      kind: 'if', name: 'Is a secret concerned?', condition: "__secret__:value != ''", yes: [{
        kind: 'request', name: 'The secret is given to nobody', command: CONTAIN, content, activity: 'restrict-access', into: ['__rotate_secret__'],
      }],
    },
  ];
}

const CONTAIN = 'POST /api/v1/containments HTTP/1.1';
const NO_SECRET = 'Name it as the vault does (sallyport vault list); leave the answer empty if there is none. It ends when a new version is set: '
  + 'sallyport vault rotate.';

/** Something is done by a verb of containment, if it is known to what. `hours`: for how long at most. */
export function contain(name: string, verb: ContainmentVerb, target: Target, hours?: number): Part {
  const [subject, into] = [`__${target}__`, liftedBy(verb, target)];
  const scope = { target, name: target === 'all' || target === 'space' ? '' : `${subject}:value` };
  const content = {
    verb, scope, incident: '__incident__:value', reason: `playbook: ${name}`, ...(hours === undefined ? {} : { forMs: hours * 3_600_000 }),
  };
  const request: Part = { kind: 'request', name, command: CONTAIN, content, activity: 'restrict-access', into: [into] };
  return target === 'incident' || scope.name === '' ? request : {
    kind: 'if', name: `Is the ${target} known?`, condition: `${subject}:value != ''`, yes: [request],
  };
}

/** What `contain` did is taken back, if it was done. */
export function lift(name: string, verb: ContainmentVerb, target: Target): Part {
  const variable = liftedBy(verb, target);
  return {
    kind: 'if', name: `Was it done: ${verb}?`, condition: `${variable}:value != ''`, yes: [{
      kind: 'request', name, command: `POST /api/v1/containments/${variable}:value/lift HTTP/1.1`, content: { reason: `playbook: ${name}` },
      activity: 'restore-capabilities',
    }],
  };
}

function liftedBy(verb: ContainmentVerb, target: Target): string {
  return `__${verb.replaceAll('-', '_')}_${target}__`;
}

export function compose(draft: Draft): Playbook {
  const id = playbookId(draft);
  const workflow: Record<string, Step> = {};
  const writer = { workflow, slug: draft.slug, count: 0, wanted: new Set<People>(), requests: false };
  const end = put(writer, 'end', { type: 'end', name: 'End' });
  const first = writeParts(writer, draft.parts, end);
  const start = put(writer, 'start', { type: 'start', name: 'Start', on_completion: first });
  const exceptionEnd = put(writer, 'end', { type: 'end', name: 'End' });
  const exception = put(writer, 'action', {
    type: 'action', name: 'A step failed', agent: agentOf(writer, 'lead'), on_completion: exceptionEnd, commands: [{
      type: 'manual', playbook_activity: 'analyze-collected-data',
      command: 'What was contained stays contained: nothing was lifted. See why the step failed; try it again, leave it out with a reason, or end '
        + 'the run and lift by hand what it applied.',
    }],
  });
  const steps = Object.values(workflow);
  return {
    type: 'playbook', spec_version: 'cacao-2.0', id, name: draft.name, description: draft.description, playbook_types: [...draft.types],
    playbook_activities: [
      ...new Set(steps.flatMap((step) => (step.type === 'action' ? step.commands.flatMap((one) => one.playbook_activity ?? []) : []))),
    ].sort(),
    playbook_processing_summary: {
      manual_playbook: !writer.requests, external_playbooks: steps.some(({ type }) => type === 'playbook-action'),
      parallel_processing: steps.some(({ type }) => type === 'parallel'), if_logic: steps.some(({ type }) => type === 'if-condition'), extensions: true,
    },
    created_by: IDENTITY, created: CREATED, modified: draft.modified, priority: 100 - draft.severity, severity: draft.severity, impact: draft.impact,
    labels: [draft.slug],
    playbook_variables: variablesFor(steps), workflow_start: start, workflow_exception: exception, workflow,
    playbook_extensions: { [EXTENSION_ID]: draft.guide },
    agent_definitions: {
      ...(writer.requests ? { [agentId('control')]: CONTROL } : {}),
      ...Object.fromEntries([...writer.wanted].map((who) => [agentId(who), { type: 'group' as const, name: PEOPLE[who] }])),
    },
    extension_definitions: {
      [EXTENSION_ID]: {
        type: 'extension-definition', name: 'Guide to an incident of the Model Context Protocol', created_by: IDENTITY, version: '1.0.0',
        schema: 'Triggers, severities, evidence, gates, messages, clocks and techniques; docs/playbooks.md of Sallyport says what each is.',
      },
    },
  };
}

/** CACAO 2.0, 10.10: UUIDv5 of name and types. */
export function playbookId({ name, types }: Pick<Draft, 'name' | 'types'>): string {
  const text = canonicalize({ name, playbook_types: types }) ?? '';
  return `playbook--${uuid(createHash('sha1').update(Buffer.from(NAMESPACE, 'hex')).update(text).digest('hex'), '5')}`;
}

interface Writer {
  readonly workflow: Record<string, Step>;
  readonly slug: string;
  count: number;
  readonly wanted: Set<People>;
  requests: boolean;
}

/** The same words have the same ids in every installation, so that versions can be compared. */
function put(writer: Writer, type: Step['type'], step: Step): string {
  writer.count += 1;
  const id = `${type}--${uuid(createHash('sha256').update(`${writer.slug} step ${writer.count}`).digest('hex'), '4')}`;
  writer.workflow[id] = step;
  return id;
}

function uuid(hex: string, version: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function agentId(who: People | 'control'): string {
  return `${who === 'control' ? 'http-api' : 'group'}--${uuid(createHash('sha256').update(`agent ${who}`).digest('hex'), '4')}`;
}

function agentOf(writer: Writer, who: People): string {
  writer.wanted.add(who);
  return agentId(who);
}

/** Written from the end: every step names the one after it. Gives the first. */
function writeParts(writer: Writer, parts: readonly Part[], after: string): string {
  return parts.toReversed().reduce((next, part) => writePart(writer, part, next), after);
}

function writeBranch(writer: Writer, parts: readonly Part[]): string {
  return writeParts(writer, parts, put(writer, 'end', { type: 'end', name: 'End of the branch' }));
}

function writePart(writer: Writer, part: Part, next: string): string {
  if (part.kind === 'request') return writeRequest(writer, part, next);
  if (part.kind === 'ask') {
    const { name, who, activity, does, answers } = part;
    const commands = does.map((command) => ({ type: 'manual' as const, command, playbook_activity: activity }));
    const outputs = answers === undefined ? {} : { out_args: [...answers] };
    return put(writer, 'action', { type: 'action', name, agent: agentOf(writer, who), on_completion: next, commands, ...outputs });
  }
  if (part.kind === 'if') {
    return put(writer, 'if-condition', {
      type: 'if-condition', name: part.name, condition: part.condition, on_true: writeBranch(writer, part.yes),
      ...(part.no === undefined ? {} : { on_false: writeBranch(writer, part.no) }), on_completion: next,
    });
  }
  if (part.kind === 'fork') {
    const branches = part.branches.map((branch) => writeBranch(writer, branch));
    return put(writer, 'parallel', { type: 'parallel', name: part.name, next_steps: branches, on_completion: next });
  }
  const { name, playbook, hands } = part;
  return put(writer, 'playbook-action', { type: 'playbook-action', name, playbook_id: playbook, in_args: [...hands], on_completion: next });
}

const JSON_BODY: ['application/json'] = ['application/json'];

function writeRequest(writer: Writer, { name, command, content, activity, into }: Extract<Part, { readonly kind: 'request' }>, next: string): string {
  writer.requests = true;
  const body = content === undefined ? {} : { headers: { 'content-type': JSON_BODY }, content: JSON.stringify(content) };
  const request = { type: 'http-api' as const, command, playbook_activity: activity, ...body };
  const used = variablesIn(request);
  return put(writer, 'action', {
    type: 'action', name, agent: agentId('control'), commands: [request], on_completion: next, ...(used.length === 0 ? {} : { in_args: [...new Set(used)] }),
    ...(into === undefined ? {} : { out_args: [...into] }),
  });
}

function variablesFor(steps: readonly Step[]): NonNullable<Playbook['playbook_variables']> {
  const used = new Set(steps.flatMap((step) => [
    ...variablesIn(step), ...(step.type === 'if-condition' ? variablesOf(parseCondition(step.condition)) : []),
    ...(step.type === 'action' || step.type === 'playbook-action' ? [...(step.in_args ?? []), ...(step.out_args ?? [])] : []),
  ]));
  const subjects: Readonly<Record<string, string>> = SUBJECT_VARIABLES;
  return Object.fromEntries([...used].sort().map((name) => {
    const [subject, answer] = [subjects[name], ANSWERS[name]];
    if (subject !== undefined) return [name, { type: 'string', description: subject, external: true }];
    if (answer === undefined) return [name, { type: 'string', description: 'what takes the containment back', value: '' }];
    return [name, { type: name === '__secret__' ? 'string' : 'bool', description: answer }];
  }));
}
