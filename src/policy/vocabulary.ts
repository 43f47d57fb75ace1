import { ACTIONS, ADMIN_ACTIONS, DRIFTS } from '../domain/decision.ts';
import type { AccessRequest, Action, AdminAction, AdminRequest } from '../domain/decision.ts';
import { FINDING_IDS } from '../domain/finding.ts';
import { DESTINATIONS } from '../domain/provenance.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';

/** The words that policies may use: one table for the schema, the checks, the engine and the generated requests. */
export const PRINCIPAL_TYPES = ['Person', 'Workload'] as const;
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number];
export const RESOURCE_TYPES = ['Tool', 'Prompt', 'Resource', 'Server'] as const;
/** What messages act on; `Control` is what administrators act on. */
export type ItemType = (typeof RESOURCE_TYPES)[number];
export type ResourceType = ItemType | 'Control';

/** Everything that a policy can be asked about: a message, or the administration of control. */
export type AnyRequest = AccessRequest | AdminRequest;
export type AnyAction = Action | AdminAction;
export const ANY_ACTIONS: readonly AnyAction[] = [...ACTIONS, ...ADMIN_ACTIONS];

export function isAdminAction(action: AnyAction): action is AdminAction {
  return ADMIN_ACTIONS.some((known) => known === action);
}

export function isAdminRequest(request: AnyRequest): request is AdminRequest {
  return request.resource.kind === 'control';
}

/** Whether a policy's actions hold this one; `null` is every action of messages, and none of administration. */
export function coversAction(actions: readonly AnyAction[] | null, action: AnyAction): boolean {
  return actions === null ? !isAdminAction(action) : actions.includes(action);
}

/** Whether a policy is about administration. One that is about both worlds is refused by the compiler. */
export function isAdministrative(actions: readonly AnyAction[] | null): boolean {
  return actions?.some(isAdminAction) ?? false;
}

/** Which resources each action can be asked for. A pair that is not here is never allowed. */
export const APPLIES: Readonly<Record<Action, readonly ItemType[]>> = {
  call_tool: ['Tool'],
  get_prompt: ['Prompt'],
  read_resource: ['Resource'],
  list: ['Server'],
  connect: ['Server'],
  complete: ['Prompt', 'Resource', 'Server'],
  subscribe: ['Resource', 'Server'],
  task: ['Tool', 'Server'],
  sample: RESOURCE_TYPES,
  elicit: RESOURCE_TYPES,
  roots: RESOURCE_TYPES,
  notify: RESOURCE_TYPES,
  respond: RESOURCE_TYPES,
};

/** Action groups, for readable scopes: `action in Action::"read_only"`. */
export const ACTION_GROUPS: Readonly<Record<string, readonly AnyAction[]>> = {
  read_only: ['connect', 'list', 'get_prompt', 'read_resource', 'complete', 'subscribe'],
  session: ['connect', 'list', 'complete', 'subscribe', 'task', 'notify', 'respond'],
  server_requests: ['sample', 'elicit', 'roots'],
  administration: ADMIN_ACTIONS,
};

/** The actions that an action id of a policy stands for; `undefined` for an unknown id. */
export function expandAction(id: string): readonly AnyAction[] | undefined {
  const action = ANY_ACTIONS.find((known) => known === id);
  if (action !== undefined) return [action];
  return Object.hasOwn(ACTION_GROUPS, id) ? ACTION_GROUPS[id] : undefined;
}

export type AttributeType = 'String' | 'Long' | 'Boolean' | 'Set' | 'datetime';

export interface Attribute {
  readonly type: AttributeType;
  /** The closed list of values, where there is one: a comparison with another value could never be true. */
  readonly values?: readonly string[];
}

export type Attributes = Readonly<Record<string, Attribute>>;

const TEXT: Attribute = { type: 'String' };

export const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

export const PRINCIPAL_ATTRIBUTES: Attributes = {
  id: TEXT,
  kind: { type: 'String', values: ['person', 'workload'] },
  agent: TEXT,
  space: TEXT,
};

const COMMON: Attributes = {
  name: TEXT,
  server: TEXT,
  space: TEXT,
  tier: { type: 'String', values: ['internal', 'vendor', 'public'] },
  hosting: { type: 'String', values: ['self', 'vendor', 'embedded'] },
  /** `unknown` where nobody has said. */
  region: TEXT,
  /** Id of the vendor whose it is; `none` where nobody has said. */
  vendor: TEXT,
  /** 0 to 100. */
  vendorScore: { type: 'Long' },
  /** Whether the vendor has answered all that it must, and nothing of that has expired. */
  vendorDisclosed: { type: 'Boolean' },
  /** Days since somebody vouched for the vendor last; 9,999 where nobody ever did. */
  attestationAge: { type: 'Long' },
  confidentiality: { type: 'String', values: CONFIDENTIALITIES },
  categories: { type: 'Set', values: CATEGORIES },
  integrity: { type: 'String', values: ['trusted', 'untrusted'] },
  /** The highest confidentiality that it may be sent. */
  clearance: { type: 'String', values: CONFIDENTIALITIES },
  /** Whether it keeps what agents read back later. */
  memory: { type: 'Boolean' },
};

export const RESOURCE_ATTRIBUTES: Readonly<Record<ResourceType, Attributes>> = {
  Tool: { ...COMMON, effect: { type: 'String', values: EFFECTS } },
  Prompt: COMMON,
  Resource: COMMON,
  Server: COMMON,
  Control: { name: TEXT, space: TEXT },
};

/** `arguments` is apart: its type is the named tool's. Hours and days are UTC. */
export const CONTEXT_ATTRIBUTES: Attributes = {
  agent: TEXT,
  actors: { type: 'Set' },
  proof: { type: 'String', values: ['bearer', 'dpop', 'mtls'] },
  tokenAge: { type: 'Long' },
  zone: { type: 'String', values: ['loopback', 'internal', 'external'] },
  now: { type: 'datetime' },
  hour: { type: 'Long' },
  day: { type: 'String', values: DAYS },
  /** How the item differs, right now, from what was approved. */
  drift: { type: 'String', values: DRIFTS },
  /** What the caller's flow context carries: the labels of all that it was given. */
  contextConfidentiality: { type: 'String', values: CONFIDENTIALITIES },
  contextCategories: { type: 'Set', values: CATEGORIES },
  contextIntegrity: { type: 'String', values: ['trusted', 'untrusted'] },
  /** What detectors found, as `<detector>/<rule>`. */
  findings: { type: 'Set', values: FINDING_IDS },
  /** The highest severity among them: 0 none, 1 info, 2 low, 3 medium, 4 high, 5 critical. */
  findingSeverity: { type: 'Long' },
  /** The worst provenance of a destination among the arguments. */
  destinations: { type: 'String', values: DESTINATIONS },
  /** What the values of the arguments derive from: `<server>` and `<server>/<tool>`. */
  flowsFrom: { type: 'Set' },
  /** The labels of the values that flow into the arguments; with a saturated memory those of the whole context. */
  argumentConfidentiality: { type: 'String', values: CONFIDENTIALITIES },
  argumentCategories: { type: 'Set', values: CATEGORIES },
};

/** What policies about administration may read of the context. */
export const ADMIN_CONTEXT: readonly string[] = ['proof', 'tokenAge', 'now', 'hour', 'day'];

/** What of the context says what the caller was given before. */
export const FLOW_CONTEXT: readonly string[] = ['contextConfidentiality', 'contextCategories', 'contextIntegrity'];

/** What of the context detectors say. */
export const FINDING_CONTEXT: readonly string[] = ['findings', 'findingSeverity'];

/** What of the context says where the arguments come from. */
export const PROVENANCE_CONTEXT: readonly string[] = ['destinations', 'flowsFrom', 'argumentConfidentiality', 'argumentCategories'];

/** What may differ between a listing and the call that follows it; the rest of the context is the caller's and known. */
export const UNKNOWN_AT_LISTING: readonly string[] = [
  'arguments', 'tokenAge', 'now', 'hour', 'day', 'drift', ...FLOW_CONTEXT, ...FINDING_CONTEXT, ...PROVENANCE_CONTEXT,
];

/** What is not known of a call before its flow context was asked: what comes of that, and what is found or compared afterwards. */
export const UNKNOWN_BEFORE_FLOW: readonly string[] = ['drift', ...FLOW_CONTEXT, ...FINDING_CONTEXT, ...PROVENANCE_CONTEXT];
