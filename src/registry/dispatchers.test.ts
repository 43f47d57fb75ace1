import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { findDispatchers } from './dispatchers.ts';
import { surfaceOf, tool } from './test-servers.ts';

function schema(properties: JsonObject): JsonObject {
  return { inputSchema: { type: 'object', properties } };
}

const TEXT = { type: 'string' };
const OBJECT = { type: 'object' };

describe('findDispatchers', () => {
  test.each<[string, JsonObject]>([
    ['run_tool', {}], ['callTool', {}], ['execute_tool', {}], ['call_tool_read', {}], ['mcp__gw__run_tool', {}], ['invoke', {}], ['Use-Tool', {}],
    ['go', schema({ tool: TEXT, args: OBJECT })],
    ['go', schema({ tool_name: TEXT, arguments: OBJECT })],
    ['go', schema({ toolName: { type: ['string', 'null'] }, params: OBJECT })],
    ['go', schema({ name: { enum: ['a', 'b'] }, input: {} })],
  ])('%s %j is pointed out', (name, more) => {
    expect(findDispatchers(surfaceOf({ tools: [tool(name, more)] })).map((one) => [one.rule, one.tool])).toEqual([['dispatcher-undeclared', name]]);
  });

  test.each<[string, JsonObject]>([
    ['list_tools', {}], ['run', {}], ['recall_toolbox', {}], ['invoke_payment', {}],
    ['go', schema({ name: TEXT })],
    ['go', schema({ args: OBJECT })],
    ['go', schema({ tool: { type: 'integer' }, args: OBJECT })],
    ['go', schema({ tool: TEXT, args: { type: 'array' } })],
    ['go', { inputSchema: { type: 'object' } }],
  ])('%s %j is not', (name, more) => {
    expect(findDispatchers(surfaceOf({ tools: [tool(name, more)] }))).toEqual([]);
  });

  test('what is declared is no suspicion, but must name what the tool has', () => {
    const tools = [tool('run_tool', schema({ tool: TEXT, args: OBJECT }))];
    const found = (dispatches: { readonly name: string; readonly arguments?: string }): readonly string[] =>
      findDispatchers(surfaceOf({ tools, declared: { run_tool: { effect: 'execute', dispatches } } })).map(({ rule, message }) => `${rule} ${message}`);
    expect(found({ name: 'tool', arguments: 'args' })).toEqual([]);
    expect(found({ name: 'tool' })).toEqual([]);
    expect(found({ name: 'tool', arguments: 'params' })).toEqual([expect.stringMatching(/^dispatcher-declared-oddly .*"params"/)]);
  });
});
