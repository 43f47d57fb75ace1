import { SallyportError } from '../domain/errors.ts';
import type { ToolCall } from '../domain/exchange.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Dispatch, Tool } from '../domain/server.ts';
import { has } from './compiled.ts';
import type { CompiledServer } from './compiled.ts';
import { propertiesOf, valueAt } from './properties.ts';
import { invalidParams, unknownItem } from './unresolved.ts';

export interface UnwrappedCall extends ToolCall {
  readonly dispatchers: readonly ToolCall[];
  /** Why the last call, which is one of a dispatcher then, runs nothing. */
  readonly flaw?: SallyportError;
}

/**
 * Takes a call out of the dispatchers around it, so that it is known by the one tool that it runs (invariant 7): an approved
 * tool of the same server, by its exact name, and one of `tools`. Never throws: that a dispatcher cannot be unwrapped is for
 * those only who may know of it.
 */
export function unwrapCall(found: CompiledServer, outer: ToolCall, tools: ReadonlySet<string> | '*'): UnwrappedCall {
  const dispatchers: ToolCall[] = [];
  let call = outer;
  while (call.tool.dispatches !== undefined) {
    const inner = dispatchers.length < LIMITS.dispatchDepthMax ? innerOf(found, call, call.tool.dispatches, tools) : tooDeep();
    if (inner instanceof SallyportError) return { ...call, dispatchers, flaw: inner };
    dispatchers.push(call);
    call = inner;
  }
  return { ...call, dispatchers };
}

function tooDeep(): SallyportError {
  return invalidParams(`dispatchers may run each other ${LIMITS.dispatchDepthMax} deep at most`);
}

function innerOf(found: CompiledServer, outer: ToolCall, dispatch: Dispatch, tools: ReadonlySet<string> | '*'): ToolCall | SallyportError {
  const given = outer.arguments ?? {};
  const name = valueAt(given, dispatch.name);
  if (typeof name !== 'string' || name === '') return invalidParams(`the argument "${dispatch.name}" must be the name of a tool`);
  const entry = found.tools.get(name);
  const inner = entry?.tool;
  if (entry === undefined || inner === undefined || !has(tools, name)) return unknownItem('tool');
  if (!Object.keys(given).every((key) => isKnown(key, dispatch, outer.tool, inner))) {
    return invalidParams('an argument is not in the schema of the dispatcher');
  }
  const passed = argumentsFor(given, dispatch);
  return passed instanceof SallyportError ? passed : { tool: inner, resource: entry.resource, arguments: passed };
}

/** A server may read a second name or second arguments from a property that nobody declared: what is not pinned does not pass. */
function isKnown(key: string, dispatch: Dispatch, outer: Tool, inner: Tool): boolean {
  if (key === dispatch.name || key === dispatch.arguments || valueAt(propertiesOf(outer), key) !== undefined) return true;
  return dispatch.arguments === undefined && valueAt(propertiesOf(inner), key) !== undefined;
}

function argumentsFor(given: JsonObject, dispatch: Dispatch): JsonObject | undefined | SallyportError {
  if (dispatch.arguments === undefined) return Object.fromEntries(Object.entries(given).filter(([key]) => key !== dispatch.name));
  const passed = valueAt(given, dispatch.arguments);
  if (passed === undefined || isObject(passed)) return passed;
  return invalidParams(`the argument "${dispatch.arguments}" must be an object`);
}
