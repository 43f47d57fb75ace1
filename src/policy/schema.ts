import { ACTIONS, ADMIN_ACTIONS } from '../domain/decision.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RecordShape } from './shape.ts';
import { cedarType } from './shape.ts';
import type { Attribute, Attributes } from './vocabulary.ts';
import { ACTION_GROUPS, ADMIN_CONTEXT, APPLIES, CONTEXT_ATTRIBUTES } from './vocabulary.ts';
import { PRINCIPAL_ATTRIBUTES, PRINCIPAL_TYPES, RESOURCE_ATTRIBUTES, RESOURCE_TYPES } from './vocabulary.ts';

/** The arguments of one tool, or the world of administration. */
export type Slice = RecordShape | 'administration';

/**
 * The Cedar schema (JSON form) that policies are validated against. Names of servers and tools are no part of it (they are
 * entity ids, checked apart), so one schema serves every policy that reads no arguments; a policy that does is validated
 * against a slice, in which `context.arguments` of `call_tool` has its tool's type. Administration is a slice of its own.
 */
export function buildSchema(slice?: Slice): JsonObject {
  if (slice === 'administration') return buildAdminSchema();
  const shape = slice;
  const principals = PRINCIPAL_TYPES.map((type) => [type, { memberOfTypes: ['Group'], shape: recordType(PRINCIPAL_ATTRIBUTES) }]);
  const resources = RESOURCE_TYPES.map((type) => {
    const memberOfTypes = type === 'Server' ? ['Space', 'Toolset'] : ['Server', 'Toolset'];
    return [type, { memberOfTypes, shape: recordType(RESOURCE_ATTRIBUTES[type]) }];
  });
  const plain: [string, JsonObject][] = ['Group', 'Space', 'Toolset'].map((type) => [type, {}]);
  const entityTypes: JsonObject = Object.fromEntries([...principals, ...resources, ...plain]);
  const groups = Object.keys(ACTION_GROUPS).filter((id) => id !== 'administration').map((id): [string, JsonObject] => [id, {}]);
  const actions: JsonObject = Object.fromEntries([...ACTIONS.map((action) => [action, actionType(action, shape)]), ...groups]);
  return { '': { entityTypes, actions } };
}

function buildAdminSchema(): JsonObject {
  const context = recordType(Object.fromEntries(Object.entries(CONTEXT_ATTRIBUTES).filter(([name]) => ADMIN_CONTEXT.includes(name))));
  const applied = { memberOf: [{ id: 'administration' }], appliesTo: { principalTypes: PRINCIPAL_TYPES, resourceTypes: ['Control'], context } };
  const principals = PRINCIPAL_TYPES.map((type) => [type, { memberOfTypes: ['Group'], shape: recordType(PRINCIPAL_ATTRIBUTES) }]);
  const entityTypes: JsonObject = {
    ...Object.fromEntries(principals), Control: { memberOfTypes: ['Space'], shape: recordType(RESOURCE_ATTRIBUTES.Control) }, Group: {}, Space: {},
  };
  return { '': { entityTypes, actions: { ...Object.fromEntries(ADMIN_ACTIONS.map((action) => [action, applied])), administration: {} } } };
}

function actionType(action: (typeof ACTIONS)[number], shape: RecordShape | undefined): JsonObject {
  const memberOf = Object.keys(ACTION_GROUPS).filter((group) => ACTION_GROUPS[group]?.includes(action));
  const named = { memberOf: memberOf.map((id) => ({ id })) };
  // Policies that read arguments are about `call_tool` alone: in a slice the other actions are only names.
  if (shape !== undefined && action !== 'call_tool') return named;
  const context = recordType(CONTEXT_ATTRIBUTES);
  const typed = shape === undefined ? undefined : cedarType(shape);
  const attributes = typed === undefined ? context.attributes : { ...context.attributes, arguments: typed };
  return { ...named, appliesTo: { principalTypes: PRINCIPAL_TYPES, resourceTypes: APPLIES[action], context: { ...context, attributes } } };
}

function recordType(attributes: Attributes): { readonly type: string; readonly attributes: JsonObject } {
  return { type: 'Record', attributes: Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, typeOf(attribute)])) };
}

function typeOf({ type }: Attribute): JsonObject {
  if (type === 'Set') return { type: 'Set', element: { type: 'String' } };
  if (type === 'datetime') return { type: 'Extension', name: 'datetime' };
  return { type };
}
