import { describe, expect, test } from 'bun:test';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import type { Route } from '../domain/inbound.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { buildDirectory } from './directory.ts';
import { formatManifest, parseManifest } from './manifest.ts';
import type { MethodTarget, Resolved } from './resolve.ts';
import { serverOf, surfaceOf, tool, toolsetOf } from './test-servers.ts';

const CALL: MethodTarget = { method: 'tools/call', action: 'call_tool', target: 'tool', nameIn: 'name' };
const properties = { tool: { type: 'string' }, args: { type: 'object' }, reason: { type: 'string' } };
const gw = serverOf(
  'gw',
  surfaceOf({
    tools: [tool('run', { inputSchema: { type: 'object', properties } }), tool('spread', { inputSchema: {} }), tool('find'), tool('pay')],
    declared: {
      run: { effect: 'execute', dispatches: { name: 'tool', arguments: 'args' } },
      spread: { effect: 'execute', dispatches: { name: 'tool' } },
    },
  }),
);
const directory = buildDirectory({
  version: 1,
  servers: [gw, serverOf('crm', surfaceOf({ tools: [tool('elsewhere')] }))],
  toolsets: [toolsetOf('desk', [{ server: 'gw', tools: ['run', 'find'], prompts: [], resources: false }])],
});
const own: Route = { kind: 'server', space: 'default', name: 'gw' };
const desk: Route = { kind: 'toolset', space: 'default', name: 'desk' };

function resolve(args: JsonObject, name = 'run', route = own): Resolved {
  return directory.resolve(route, CALL, { name, arguments: args });
}

function nested(depth: number): JsonObject {
  return depth === 0 ? { tool: 'find' } : { tool: 'run', args: nested(depth - 1) };
}

describe('a call of a dispatcher', () => {
  test('is that of the inner tool, with the inner arguments, and goes on as it was said', () => {
    const params = { name: 'run', arguments: { tool: 'find', args: { id: '1' }, reason: 'x' } };
    const found = directory.resolve(own, CALL, params);
    const direct = directory.resolve(own, CALL, { name: 'find', arguments: { id: '1' } });
    expect(found.tool).toBe(direct.tool);
    expect(found.resource).toBe(direct.resource);
    expect(found.arguments).toEqual({ id: '1' });
    expect(found.params).toBe(params);
    expect(found.flaw).toBeUndefined();
    expect(found.dispatchers?.map((one) => [one.resource.name, one.arguments])).toEqual([['run', params.arguments]]);
    expect(direct.dispatchers).toBeUndefined();
  });

  test('may leave the inner arguments out, or spread them', () => {
    expect(resolve({ tool: 'find' }).arguments).toBeUndefined();
    expect(resolve({ tool: 'find', id: '1' }, 'spread').arguments).toEqual({ id: '1' });
    expect(resolve({ tool: 'find', other: '1' }, 'spread').flaw?.code).toBe('ERR_PARAMS_INVALID');
  });

  test('is unwrapped to a fixed depth', () => {
    const deepest = resolve(nested(LIMITS.dispatchDepthMax - 1));
    expect([deepest.tool?.name, deepest.dispatchers?.length]).toEqual(['find', LIMITS.dispatchDepthMax]);
    expect(resolve(nested(LIMITS.dispatchDepthMax)).flaw?.code).toBe('ERR_PARAMS_INVALID');
  });

  test.each<[string, JsonObject, string]>([
    ['an unknown tool', { tool: 'nope' }, 'ERR_TOOL_UNKNOWN'],
    ['another case', { tool: 'Find' }, 'ERR_TOOL_UNKNOWN'],
    ['a tool of another server', { tool: 'elsewhere' }, 'ERR_TOOL_UNKNOWN'],
    ['an address on a toolset', { tool: 'gw__find' }, 'ERR_TOOL_UNKNOWN'],
    ['a name of Object.prototype', { tool: 'constructor' }, 'ERR_TOOL_UNKNOWN'],
    ['no name', { args: {} }, 'ERR_PARAMS_INVALID'],
    ['a name that is no string', { tool: 1 }, 'ERR_PARAMS_INVALID'],
    ['arguments that are no object', { tool: 'find', args: [] }, 'ERR_PARAMS_INVALID'],
    ['an argument that is not pinned', { tool: 'find', toolName: 'pay' }, 'ERR_PARAMS_INVALID'],
    ['an argument with an inherited name', { tool: 'find', constructor: 'pay' }, 'ERR_PARAMS_INVALID'],
  ])('%s is a flaw of the dispatcher’s own call', (_, args, code) => {
    const found = resolve(args);
    expect([found.flaw?.code, found.resource.name]).toEqual([code, 'run']);
  });

  test('an unknown inner tool is told in the words for any unknown tool', () => {
    const flaw = resolve({ tool: 'nope' }).flaw;
    expect(() => directory.resolve(own, CALL, { name: 'nope' })).toThrow(flaw?.message ?? 'no flaw');
  });

  test('on a toolset runs what is in the set, named as its server names it', () => {
    expect(resolve({ tool: 'find' }, 'gw__run', desk).tool?.name).toBe('find');
    expect(resolve({ tool: 'pay' }, 'gw__run', desk).flaw?.code).toBe('ERR_TOOL_UNKNOWN');
    expect(resolve({ tool: 'gw__find' }, 'gw__run', desk).flaw?.code).toBe('ERR_TOOL_UNKNOWN');
    expect(codeThrown(() => resolve({ tool: 'find' }, 'gw__spread', desk))).toBe('ERR_TOOL_UNKNOWN');
  });
});

function manifest(dispatches: string): string {
  const tools = `{ run: { effect: execute, dispatches: ${dispatches} } }`;
  return `apiVersion: sallyport/v1\nservers: { gw: { url: "https://gw.example/mcp", owner: a, tools: ${tools} } }\n`;
}

describe('the declaration in sallyport.yaml', () => {
  test('is read and written', () => {
    for (const dispatches of [{ name: 'tool', arguments: 'args' }, { name: 'tool' }]) {
      const read = parseManifest(manifest(JSON.stringify(dispatches)), 'sallyport.yaml');
      expect(read.servers[0]?.tools).toEqual({ run: { effect: 'execute', dispatches } });
      expect(parseManifest(formatManifest(read), 'sallyport.yaml').servers).toEqual(read.servers);
    }
  });

  test.each(['{}', '{ name: "" }', '{ name: tool, arguments: tool }', '{ name: tool, args: a }', 'tool'])('%s is refused', (dispatches) => {
    expect(codeThrown(() => parseManifest(manifest(dispatches), 'sallyport.yaml'))).toBe('ERR_CONFIG_INVALID');
  });
});
