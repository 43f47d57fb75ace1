import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import type { Route } from '../domain/inbound.ts';
import type { JsonObject } from '../domain/json.ts';
import { buildDirectory } from './directory.ts';
import { aggregateName, aggregateUri, isPlainUri, splitName, splitUri } from './names.ts';
import type { MethodTarget } from './resolve.ts';
import { serverOf, surfaceOf, tool, toolsetOf } from './test-servers.ts';

const CALL: MethodTarget = { method: 'tools/call', action: 'call_tool', target: 'tool', nameIn: 'name' };
const READ: MethodTarget = { method: 'resources/read', action: 'read_resource', target: 'resource', nameIn: 'uri' };
const GET: MethodTarget = { method: 'prompts/get', action: 'get_prompt', target: 'prompt', nameIn: 'name' };
const COMPLETE: MethodTarget = { method: 'completion/complete', action: 'complete', target: 'server' };
const LIST: MethodTarget = { method: 'tools/list', action: 'list', target: 'server', list: 'tools' };
const TASK: MethodTarget = { method: 'tasks/get', action: 'task', target: 'task', nameIn: 'taskId' };

const crm = serverOf(
  'crm',
  surfaceOf({
    tools: [tool('find'), tool('find__all'), tool('pay')],
    prompts: [{ name: 'hello' }],
    templates: [{ uriTemplate: 'crm://contact/{id}', name: 't' }],
  }),
);
const files = serverOf('files', surfaceOf({ tools: [tool('find')] }));
const fresh = serverOf('fresh', undefined, 'declared');
const bad = serverOf('bad', surfaceOf({ tools: [tool('find')] }), 'quarantined');
const foreign = serverOf('foreign', surfaceOf({ tools: [tool('find')] }), 'approved', 'other');

const directory = buildDirectory({
  version: 7,
  servers: [crm, files, fresh, bad, foreign],
  toolsets: [
    toolsetOf('desk', [
      { server: 'crm', tools: ['find', 'find__all'], prompts: '*', resources: true },
      { server: 'files', tools: '*', prompts: [], resources: false },
      { server: 'bad', tools: '*', prompts: '*', resources: true },
      { server: 'foreign', tools: '*', prompts: '*', resources: true },
    ]),
  ],
});

const on = (name: string): Route => ({ kind: 'server', space: 'default', name });
const desk: Route = { kind: 'toolset', space: 'default', name: 'desk' };

describe('server routes', () => {
  test('a tool is found under its own name, with what policy needs', () => {
    const found = directory.resolve(on('crm'), CALL, { name: 'find', arguments: { id: '1' } });
    expect(found.server).toBe(crm);
    expect(found.tool?.name).toBe('find');
    expect(found.resource).toMatchObject({ kind: 'tool', server: 'crm', name: 'find', effect: 'destroy', toolsets: ['desk'] });
    expect(found.arguments).toEqual({ id: '1' });
    expect(directory.resolve(on('crm'), CALL, { name: 'pay' }).resource.toolsets).toEqual([]);
  });

  test.each<[string, Route, MethodTarget, JsonObject | undefined, string]>([
    ['unknown server', on('nope'), CALL, { name: 'find' }, 'ERR_SERVER_UNKNOWN'],
    ['server of another space', on('foreign'), CALL, { name: 'find' }, 'ERR_SERVER_UNKNOWN'],
    ['unknown tool', on('crm'), CALL, { name: 'nope' }, 'ERR_TOOL_UNKNOWN'],
    ['a name of Object.prototype', on('crm'), CALL, { name: 'constructor' }, 'ERR_TOOL_UNKNOWN'],
    ['toolset name on a server route', on('crm'), CALL, { name: 'crm__find' }, 'ERR_TOOL_UNKNOWN'],
    ['unknown prompt', on('crm'), GET, { name: 'nope' }, 'ERR_TOOL_UNKNOWN'],
    ['no name', on('crm'), CALL, {}, 'ERR_PARAMS_INVALID'],
    ['no params', on('crm'), CALL, undefined, 'ERR_PARAMS_INVALID'],
    ['a name that is no string', on('crm'), CALL, { name: 1 }, 'ERR_PARAMS_INVALID'],
    ['arguments that are no object', on('crm'), CALL, { name: 'find', arguments: [] }, 'ERR_PARAMS_INVALID'],
    ['not approved', on('fresh'), LIST, {}, 'ERR_SERVER_NOT_APPROVED'],
    ['in quarantine', on('bad'), CALL, { name: 'find' }, 'ERR_SERVER_QUARANTINED'],
    ['a URI in odd form', on('crm'), READ, { uri: 'crm://a/../b' }, 'ERR_PARAMS_INVALID'],
    ['a URI without a scheme', on('crm'), READ, { uri: '/etc/passwd' }, 'ERR_PARAMS_INVALID'],
  ])('%s is refused', (_, route, method, params, code) => {
    expect(codeThrown(() => directory.resolve(route, method, params))).toBe(code);
  });

  test('only the registry reaches a declared server, and nobody one in quarantine', () => {
    expect(directory.resolve(on('fresh'), LIST, {}, true).server).toBe(fresh);
    expect(codeThrown(() => directory.resolve(on('fresh'), CALL, { name: 'find' }, true))).toBe('ERR_TOOL_UNKNOWN');
    expect(codeThrown(() => directory.resolve(on('bad'), LIST, {}, true))).toBe('ERR_SERVER_QUARANTINED');
  });

  test('incident 17, first-use trust: a server that was seen but not approved has no tools for anyone', () => {
    const servers = [serverOf('seen', undefined, 'scanned'), serverOf('odd', undefined, 'approved')];
    const seen = buildDirectory({ version: 1, servers, toolsets: [] });
    expect(codeThrown(() => seen.resolve(on('seen'), CALL, { name: 'find' }))).toBe('ERR_SERVER_NOT_APPROVED');
    expect(codeThrown(() => seen.resolve(on('odd'), CALL, { name: 'find' }))).toBe('ERR_SERVER_NOT_APPROVED');
    expect(codeThrown(() => seen.listing(on('seen'), 'tools'))).toBe('ERR_SERVER_NOT_APPROVED');
  });

  test('resources go by URI, completions by what they complete', () => {
    const read = directory.resolve(on('crm'), READ, { uri: 'crm://contact/1' });
    expect(read.resource).toMatchObject({ kind: 'resource', name: 'crm://contact/1' });
    const prompt = directory.resolve(on('crm'), COMPLETE, { ref: { type: 'ref/prompt', name: 'hello' } });
    expect(prompt.resource).toMatchObject({ kind: 'prompt', name: 'hello' });
    const template = directory.resolve(on('crm'), COMPLETE, { ref: { type: 'ref/resource', uri: 'crm://contact/{id}' } });
    expect(template.resource).toMatchObject({ kind: 'resource', name: 'crm://contact/{id}' });
    expect(codeThrown(() => directory.resolve(on('crm'), COMPLETE, { ref: { type: 'ref/tool', name: 'find' } }))).toBe('ERR_PARAMS_INVALID');
  });
});

describe('toolset routes', () => {
  test('names are unwrapped to the one canonical identity and params are rewritten', () => {
    const found = directory.resolve(desk, CALL, { name: 'crm__find', arguments: {}, _meta: { a: 1 } });
    expect(found.resource).toBe(directory.resolve(on('crm'), CALL, { name: 'find' }).resource);
    expect(found.params).toEqual({ name: 'find', arguments: {}, _meta: { a: 1 } });
    expect(directory.resolve(desk, CALL, { name: 'crm__find__all' }).tool?.name).toBe('find__all');
    expect(directory.resolve(desk, GET, { name: 'crm__hello' }).params).toEqual({ name: 'hello' });
    expect(directory.resolve(desk, READ, { uri: 'crm://crm__contact/1' }).params).toEqual({ uri: 'crm://contact/1' });
    expect(directory.resolve(desk, TASK, { taskId: 'crm__t1' })).toMatchObject({ server: crm, params: { taskId: 't1' } });
    const ref = directory.resolve(desk, COMPLETE, { ref: { type: 'ref/prompt', name: 'crm__hello' }, argument: {} });
    expect(ref.params).toEqual({ ref: { type: 'ref/prompt', name: 'hello' }, argument: {} });
  });

  test.each<[string, MethodTarget, JsonObject, string]>([
    ['a tool outside the set', CALL, { name: 'crm__pay' }, 'ERR_TOOL_UNKNOWN'],
    ['an own name', CALL, { name: 'find' }, 'ERR_TOOL_UNKNOWN'],
    ['a server outside the set', CALL, { name: 'fresh__find' }, 'ERR_TOOL_UNKNOWN'],
    ['a server of another space', CALL, { name: 'foreign__find' }, 'ERR_TOOL_UNKNOWN'],
    ['a member in quarantine', CALL, { name: 'bad__find' }, 'ERR_SERVER_QUARANTINED'],
    ['a prompt outside the set', GET, { name: 'files__hello' }, 'ERR_TOOL_UNKNOWN'],
    ['resources of a member without', READ, { uri: 'file://files__/etc' }, 'ERR_TOOL_UNKNOWN'],
    ['a URI in the server’s own form', READ, { uri: 'crm://contact/1' }, 'ERR_TOOL_UNKNOWN'],
  ])('%s does not exist', (_, method, params, code) => {
    expect(codeThrown(() => directory.resolve(desk, method, params))).toBe(code);
  });

  test('what concerns the whole toolset names its reachable members, and a stand-in that reaches nothing', () => {
    const found = directory.resolve(desk, LIST, {});
    expect(found.members?.map(({ id }) => id)).toEqual(['crm', 'files']);
    expect(found.server.endpoint).toMatchObject({ url: 'about:invalid' });
    expect(found.resource).toMatchObject({ kind: 'server', server: 't/desk', toolsets: ['desk'] });
    expect(codeThrown(() => directory.resolve({ ...desk, name: 'nope' }, LIST, {}))).toBe('ERR_SERVER_UNKNOWN');
  });
});

describe('names on toolsets', () => {
  const id = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/);
  const name = fc.stringMatching(/^[A-Za-z0-9_./:-]{1,20}$/);
  const uri = fc.stringMatching(/^[a-z][a-z0-9+.-]{0,5}:[!-~]{0,20}$/);

  test('round-trip, so that no two tools share a name', () => {
    fc.assert(fc.property(id, name, (server, own) => expect(splitName(aggregateName(server, own))).toEqual({ server, name: own })));
  });

  test('URIs round-trip, and each has one spelling only', () => {
    fc.assert(fc.property(id, uri, (server, own) => expect(splitUri(aggregateUri(server, own) ?? '')).toEqual({ server, uri: own })));
    fc.assert(
      fc.property(uri, (any) => {
        const split = splitUri(any);
        return split === undefined || aggregateUri(split.server, split.uri) === any;
      }),
    );
  });

  test.each(['foo:crm__//x', 'foo://Crm__x', 'foo://c_m__x', 'foo://crm/__x', 'foo://__x'])('%p is nobody’s address on a toolset', (text) => {
    expect(splitUri(text)).toBeUndefined();
  });

  const ambiguous = ['file:///a/%2e%2e/b', 'file:///a/..', 'file:///a\\b', 'FILE:///a', 'file:///a b', 'a', 'x:..', 'file:///a%2f..%2fb', 'file:///\u200b'];
  test.each([...ambiguous, 'file:///a%5c..%5cb'])('%p is not plain', (text) => {
    expect(isPlainUri(text)).toBe(false);
  });

  const plain = ['file:///a/.env', 'test://static/text', 'urn:isbn:1', 'ui://form', 'https://x.example/a...b?c=%20', 'file:///C:/x'];
  test.each(plain)('%p is plain', (text) => {
    expect(isPlainUri(text)).toBe(true);
  });
});
