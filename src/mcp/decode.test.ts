import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { REVISIONS, type Message } from '../domain/message.ts';
import { decodeBody, decodeInbound } from './decode.ts';
import { encodeBody, encodeHeaders } from './encode.ts';
import { refusalOf } from './ladder.ts';
import { checkParameterHeaders } from './parameter-headers.ts';

const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const CALL = { name: 'echo', arguments: { text: 'hi' }, _meta: META };

function inbound(body: unknown, headers: Readonly<Record<string, string>> = {}, httpMethod: Inbound['httpMethod'] = 'POST'): Inbound {
  return {
    route: { kind: 'server', space: 'default', name: 'x' },
    httpMethod,
    headers: new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }),
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    address: '127.0.0.1',
    receivedAt: 0,
    signal: AbortSignal.any([]),
  };
}

const request = (method: string, params?: unknown, id: unknown = 1): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params === undefined ? {} : { params }),
});

function modern(params: unknown = CALL, headers: Readonly<Record<string, string | undefined>> = {}, method = 'tools/call'): Inbound {
  const all = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(method === 'tools/call' ? { 'mcp-name': 'echo' } : {}),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  return inbound(request(method, params), sent);
}

function faultOf(run: () => unknown): SallyportError {
  try {
    run();
  } catch (fault) {
    if (fault instanceof SallyportError) return fault;
    throw fault;
  }
  throw new Error('nothing was refused');
}

/** HTTP status and JSON-RPC code that a client gets, with our code. */
function rung(run: () => unknown): string {
  const fault = faultOf(run);
  const answer = refusalOf(fault, { id: fault.origin?.id ?? null, revision: fault.origin?.revision ?? '2025-11-25', exchange: 'x' });
  return `${answer.httpStatus} ${answer.error.code} ${fault.code}`;
}

describe('revision', () => {
  test.each([
    ['no header', {}, '2025-03-26'],
    ...REVISIONS.slice(0, 4).map((revision) => [`header ${revision}`, { 'mcp-protocol-version': revision }, revision] as const),
  ] as const)('legacy: %s', (_name, headers, revision) => {
    expect(decodeInbound(inbound(request('tools/list'), headers)).revision).toBe(revision);
  });

  test.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-06-18', '2025-06-18'],
    ['2024-10-07', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
  ])('initialize asking for %s is served as %s', (asked, revision) => {
    const message = decodeInbound(inbound(request('initialize', { protocolVersion: asked, capabilities: {}, clientInfo: {} })));
    expect(message).toMatchObject({ kind: 'request', revision, params: { protocolVersion: asked } });
  });

  test('modern by its envelope', () => {
    expect(decodeInbound(modern())).toEqual({
      kind: 'request',
      from: 'client',
      revision: '2026-07-28',
      id: 1,
      method: 'tools/call',
      params: CALL,
    });
  });

  test('modern notification by its header', () => {
    const message = decodeInbound(
      inbound({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { 'mcp-protocol-version': '2026-07-28' }),
    );
    expect(message).toMatchObject({ kind: 'notification', revision: '2026-07-28' });
  });
});

describe('the ladder', () => {
  const bad: readonly (readonly [name: string, inbound: Inbound, expected: string])[] = [
    ['no JSON', inbound('{'), '400 -32700 ERR_JSON_INVALID'],
    ['a batch', inbound([request('ping')]), '400 -32600 ERR_RPC_BATCH'],
    ['a batch in 2025-03-26', inbound([request('ping')], { 'mcp-protocol-version': '2025-03-26' }), '400 -32600 ERR_RPC_BATCH'],
    ['an empty batch', inbound('[]'), '400 -32600 ERR_RPC_BATCH'],
    ['id null', inbound(request('ping', undefined, null)), '400 -32600 ERR_RPC_INVALID'],
    ['id fraction', inbound(request('ping', undefined, 1.5)), '400 -32600 ERR_RPC_INVALID'],
    ['id object', inbound(request('ping', undefined, {})), '400 -32600 ERR_RPC_INVALID'],
    ['id too long', inbound(request('ping', undefined, 'x'.repeat(LIMITS.nameLengthMax + 1))), '400 -32600 ERR_RPC_INVALID'],
    ['a scalar', inbound('1'), '400 -32600 ERR_RPC_INVALID'],
    ['jsonrpc 1.0', inbound({ ...request('ping'), jsonrpc: '1.0' }), '400 -32600 ERR_RPC_INVALID'],
    ['a further member', inbound({ ...request('ping'), method2: 'x' }), '400 -32600 ERR_RPC_INVALID'],
    ['method and result', inbound({ ...request('ping'), result: {} }), '400 -32600 ERR_RPC_INVALID'],
    ['result and error', inbound({ jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } }), '400 -32600 ERR_RPC_INVALID'],
    ['params as an array', inbound(request('ping', [])), '400 -32600 ERR_RPC_INVALID'],
    ['params null', inbound(request('ping', null)), '400 -32600 ERR_RPC_INVALID'],
    ['a method with a space', inbound(request('tools/call ')), '400 -32600 ERR_RPC_INVALID'],
    ['a method of another alphabet', inbound(request('tооls/call')), '400 -32600 ERR_RPC_INVALID'],
    ['a method too long', inbound(request('x'.repeat(LIMITS.methodLengthMax + 1))), '400 -32600 ERR_RPC_INVALID'],
    ['GET, said in a body', inbound(request('transport/stream')), '200 -32601 ERR_METHOD_UNKNOWN'],
    ['a response to null', inbound({ jsonrpc: '2.0', id: null, error: { code: 1, message: '' } }), '400 -32600 ERR_RPC_INVALID'],
    ['no content type', inbound(request('ping'), { 'content-type': '' }), '415 -32600 ERR_CONTENT_TYPE'],
    ['text', inbound(request('ping'), { 'content-type': 'text/plain' }), '415 -32600 ERR_CONTENT_TYPE'],
    ['UTF-16', inbound(request('ping'), { 'content-type': 'application/json; charset=utf-16' }), '415 -32600 ERR_CONTENT_TYPE'],
    ['gzip', inbound(request('ping'), { 'content-encoding': 'gzip' }), '415 -32600 ERR_CONTENT_TYPE'],
    ['Accept: text/html', inbound(request('ping'), { accept: 'text/html' }), '406 -32600 ERR_ACCEPT'],
    ['an unknown version', inbound(request('ping'), { 'mcp-protocol-version': '1999-01-01' }), '400 -32022 ERR_VERSION_UNSUPPORTED'],
    ['initialize without version', inbound(request('initialize', {})), '200 -32602 ERR_PARAMS_INVALID'],
    [
      'initialize under a modern header',
      inbound(request('initialize', { protocolVersion: '2025-11-25' }), { 'mcp-protocol-version': '2026-07-28' }),
      '400 -32020 ERR_HEADER_MISMATCH',
    ],
    ['a call without name', inbound(request('tools/call', {})), '200 -32602 ERR_PARAMS_INVALID'],
    ['a call with a name that is no string', inbound(request('tools/call', { name: { toString: 'x' } })), '200 -32602 ERR_PARAMS_INVALID'],
    [
      'a URI too long',
      inbound(request('resources/read', { uri: `x:${'y'.repeat(LIMITS.uriLengthMax)}` })),
      '200 -32602 ERR_PARAMS_INVALID',
    ],
    ['GET without Accept', inbound('', { accept: 'application/json' }, 'GET'), '406 -32600 ERR_ACCEPT'],
    ['modern GET', inbound('', { 'mcp-protocol-version': '2026-07-28' }, 'GET'), '405 -32000 ERR_METHOD_NOT_ALLOWED'],
    ['modern DELETE', inbound('', { 'mcp-protocol-version': '2026-07-28' }, 'DELETE'), '405 -32000 ERR_METHOD_NOT_ALLOWED'],
    ['no Mcp-Method', modern(CALL, { 'mcp-method': undefined }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['another Mcp-Method', modern(CALL, { 'mcp-method': 'tools/list' }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['Mcp-Method in capitals', modern(CALL, { 'mcp-method': 'TOOLS/CALL' }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['no Mcp-Name', modern(CALL, { 'mcp-name': undefined }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['another Mcp-Name', modern(CALL, { 'mcp-name': 'Echo' }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['Mcp-Name where nothing is named', modern({ _meta: META }, { 'mcp-name': 'echo' }, 'tools/list'), '400 -32020 ERR_HEADER_MISMATCH'],
    ['no version header', modern(CALL, { 'mcp-protocol-version': undefined }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['another version header', modern(CALL, { 'mcp-protocol-version': '2025-11-25' }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['bad base64', modern(CALL, { 'mcp-name': '=?base64?ZWNob?=' }), '400 -32020 ERR_HEADER_ENCODING'],
    ['base64 with stray bits', modern(CALL, { 'mcp-name': '=?base64?ZWNobx==?=' }), '400 -32020 ERR_HEADER_ENCODING'],
    ['base64 that is no UTF-8', modern(CALL, { 'mcp-name': '=?base64?/w==?=' }), '400 -32020 ERR_HEADER_ENCODING'],
    [
      'a mirrored header too long',
      modern(CALL, { 'mcp-param-x': 'x'.repeat(LIMITS.mirroredHeaderBytesMax + 1) }),
      '400 -32020 ERR_HEADER_ENCODING',
    ],
    ['no envelope', modern({ name: 'echo' }), '400 -32602 ERR_ENVELOPE_MISSING'],
    [
      'no capabilities',
      modern({ ...CALL, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }),
      '400 -32602 ERR_ENVELOPE_MISSING',
    ],
    [
      'a version that nobody has',
      modern(
        { ...CALL, _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
        { 'mcp-protocol-version': '2099-01-01' },
      ),
      '400 -32022 ERR_VERSION_UNSUPPORTED',
    ],
    [
      'a legacy version in the envelope',
      modern(
        { ...CALL, _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2025-11-25' } },
        { 'mcp-protocol-version': '2025-11-25' },
      ),
      '400 -32022 ERR_VERSION_UNSUPPORTED',
    ],
    [
      'a modern response',
      inbound({ jsonrpc: '2.0', id: 1, result: {} }, { 'mcp-protocol-version': '2026-07-28' }),
      '400 -32600 ERR_RPC_DIRECTION',
    ],
    ['legacy, but another Mcp-Method', inbound(request('ping'), { 'mcp-method': 'tools/list' }), '400 -32020 ERR_HEADER_MISMATCH'],
    ['legacy, but another Mcp-Name', inbound(request('tools/call', { name: 'a' }), { 'mcp-name': 'b' }), '400 -32020 ERR_HEADER_MISMATCH'],
    [
      'a number that would change',
      inbound('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":9007199254740993}}}'),
      '400 -32700 ERR_JSON_NUMBER_PRECISION',
    ],
  ];
  test.each(bad.map((row) => [...row]))('%s', (_name, sent, expected) => {
    expect(rung(() => decodeInbound(sent))).toBe(expected);
  });

  test.each(['authorization', 'mcp-protocol-version', 'mcp-method', 'mcp-session-id', 'host', 'content-type'])('a repeated %s', (name) => {
    const sent = modern();
    sent.headers.append(name, 'first');
    sent.headers.append(name, 'second');
    expect(rung(() => decodeInbound(sent))).toBe('400 -32020 ERR_HEADER_REPEATED');
  });

  test('parameters that are too long together', () => {
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`mcp-param-${index}`, 'x'.repeat(4000)]));
    expect(rung(() => decodeInbound(modern(CALL, many)))).toBe('400 -32020 ERR_HEADER_ENCODING');
  });

  test('a refusal knows the id and revision to answer under', () => {
    expect(faultOf(() => decodeInbound(modern(CALL, { 'mcp-name': 'b' }))).origin).toEqual({ id: 1, revision: '2026-07-28' });
    expect(
      faultOf(() => decodeInbound(inbound({ ...request('ping'), extra: 1 }, { 'mcp-protocol-version': '2025-06-18' }))).origin,
    ).toEqual({ id: 1, revision: '2025-06-18' });
    expect(faultOf(() => decodeInbound(inbound('{'))).origin).toEqual({ id: null, revision: '2025-03-26' });
  });

  test('what the protocol wants in data', () => {
    const version = faultOf(() => decodeInbound(inbound(request('ping'), { 'mcp-protocol-version': '1999-01-01' })));
    expect(version.data).toEqual({ supported: REVISIONS.toReversed(), requested: '1999-01-01' });
    expect(faultOf(() => decodeInbound(modern({ name: 'echo' }))).data).toEqual({ envelope: { missing: Object.keys(META) } });
  });
});

describe('accepted', () => {
  test('media types in any dress', () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']) {
      expect(decodeInbound(inbound(request('ping'), { 'content-type': type })).kind).toBe('request');
    }
    for (const accept of ['application/json', '*/*', 'text/event-stream;q=0.5, application/*']) {
      expect(decodeInbound(inbound(request('ping'), { accept })).kind).toBe('request');
    }
  });

  test('a name in base64, or with white space around it', () => {
    const name = 'файл, 1';
    const params = { ...CALL, name };
    const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
    expect(decodeInbound(modern(params, { 'mcp-name': encoded }))).toMatchObject({ params: { name } });
    expect(decodeInbound(modern(CALL, { 'mcp-name': '  echo  ' }))).toMatchObject({ params: { name: 'echo' } });
  });

  test('legacy answers, notifications and transport verbs', () => {
    const headers = { 'mcp-protocol-version': '2025-11-25' };
    expect(decodeInbound(inbound({ jsonrpc: '2.0', id: 'a', result: { roots: [] } }, headers))).toEqual({
      kind: 'result',
      from: 'client',
      revision: '2025-11-25',
      id: 'a',
      result: { roots: [] },
    });
    expect(decodeInbound(inbound({ jsonrpc: '2.0', id: 'a', error: { code: -1, message: 'no', data: null } }, headers))).toMatchObject({
      kind: 'error',
      error: { code: -1, message: 'no', data: null },
    });
    expect(decodeInbound(inbound({ jsonrpc: '2.0', method: 'notifications/initialized' }, headers))).toMatchObject({
      kind: 'notification',
    });
    expect(decodeInbound(inbound('', headers, 'DELETE'))).toMatchObject({ method: 'transport/terminate' });
    // `Headers` shows bytes as Latin-1: é is C3 A9.
    for (const [sent, id] of [
      ['stream-1', 'stream-1'],
      ['\u00c3\u00a9', 'é'],
    ] as const) {
      expect(decodeInbound(inbound('', { ...headers, 'last-event-id': sent }, 'GET'))).toMatchObject({
        method: 'transport/stream',
        params: { lastEventId: id },
      });
    }
    expect(faultOf(() => decodeInbound(inbound('', { ...headers, 'last-event-id': '\u00e9' }, 'GET'))).code).toBe('ERR_HEADER_ENCODING');
  });

  test('Mcp-Param-* is kept and forwarded in the modern era, and dropped in the legacy one', () => {
    const sent = modern(CALL, { 'mcp-param-Region': 'eu', 'mcp-param-city': '=?base64?TcO8bmNoZW4=?=' });
    const message = decodeInbound(sent);
    expect(message.parameters).toEqual({ 'mcp-param-region': 'eu', 'mcp-param-city': 'München' });
    expect(encodeHeaders(message)).toEqual({
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'echo',
      'mcp-param-region': 'eu',
      'mcp-param-city': '=?base64?TcO8bmNoZW4=?=',
    });
    expect(decodeInbound(inbound(request('ping'), { 'mcp-param-region': 'eu' })).parameters).toBeUndefined();
  });
});

describe('parameter headers', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      count: { type: 'integer', 'x-mcp-header': 'Count' },
      dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
      place: { type: 'object', properties: { city: { type: 'string', 'x-mcp-header': 'City' } } },
      list: { type: 'array', items: { type: 'object', properties: { x: { type: 'string', 'x-mcp-header': 'X' } } } },
    },
  };
  const call = (args: Json, parameters: Readonly<Record<string, string>>): void =>
    checkParameterHeaders(
      {
        kind: 'request',
        from: 'client',
        revision: '2026-07-28',
        id: 7,
        method: 'tools/call',
        params: { name: 'a', arguments: args },
        parameters,
      },
      schema,
    );

  test.each<[string, Json, Record<string, string>]>([
    ['text', { region: 'eu' }, { 'mcp-param-region': 'eu' }],
    ['a number by value', { count: 42 }, { 'mcp-param-count': '42.0' }],
    ['a boolean', { dry: false }, { 'mcp-param-dry': 'false' }],
    ['an inner argument', { place: { city: 'Ulm' } }, { 'mcp-param-city': 'Ulm' }],
    ['null and absence without header', { region: null }, {}],
    ['headers that no annotation names', {}, { 'mcp-param-trace': '1' }],
    ['annotations out of reach', { list: [{ x: 'y' }] }, {}],
  ])('agree: %s', (_name, args, parameters) => {
    expect(() => call(args, parameters)).not.toThrow();
  });

  test.each<[string, Json, Record<string, string>]>([
    ['another text', { region: 'eu' }, { 'mcp-param-region': 'us' }],
    ['another case', { region: 'eu' }, { 'mcp-param-region': 'EU' }],
    ['a missing header', { region: 'eu' }, {}],
    ['a header without argument', {}, { 'mcp-param-region': 'eu' }],
    ['another number', { count: 42 }, { 'mcp-param-count': '43' }],
    ['a number in disguise', { count: 42 }, { 'mcp-param-count': '0x2a' }],
    ['an object for text', { region: { toString: 'eu' } }, { 'mcp-param-region': '[object Object]' }],
    ['another inner argument', { place: { city: 'Ulm' } }, { 'mcp-param-city': 'Bonn' }],
  ])('disagree: %s', (_name, args, parameters) => {
    const fault = faultOf(() => call(args, parameters));
    expect([fault.code, fault.origin]).toEqual(['ERR_HEADER_MISMATCH', { id: 7, revision: '2026-07-28' }]);
  });
});

const decode = (body: unknown, revision: Message['revision'] = '2025-11-25'): Message =>
  decodeBody(typeof body === 'string' ? body : JSON.stringify(body), 'server', revision);

describe('from upstream', () => {
  test('unknown fields of results, and number lexemes, are kept', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"hologram","x":1.0}],"n":12345678901234567890,"__proto__":{}}}';
    expect(encodeBody(decode(text))).toBe(text);
  });

  test('an error without id', () => {
    expect(decode({ jsonrpc: '2.0', error: { code: -32700, message: 'x' } })).toMatchObject({ kind: 'error', id: null });
  });

  test('server requests in the legacy era only', () => {
    expect(decode(request('roots/list')).kind).toBe('request');
    expect(faultOf(() => decode(request('roots/list'), '2026-07-28')).code).toBe('ERR_RPC_DIRECTION');
  });

  test('a server cannot say that a stream was opened', () => {
    expect(faultOf(() => decode({ jsonrpc: '2.0', method: 'transport/opened' })).code).toBe('ERR_METHOD_UNKNOWN');
  });

  test('a line from a modern client needs its envelope', () => {
    expect(faultOf(() => decodeBody(JSON.stringify(request('tools/list')), 'client', '2026-07-28')).code).toBe('ERR_ENVELOPE_MISSING');
    expect(decodeBody(JSON.stringify(request('tools/call', CALL)), 'client', '2026-07-28')).toMatchObject({ method: 'tools/call' });
  });
});

const message = (name: string): Message => ({
  kind: 'request',
  from: 'client',
  revision: '2026-07-28',
  id: 1,
  method: 'tools/call',
  params: { name },
});

describe('encode', () => {
  test.each(['echo', 'a b', ' a', 'a,b', 'ä', 'a\r\nX-Evil: 1', '=?base64?eA==?=', '=?base64?', '', '😀'])(
    'Mcp-Name survives the way: %j',
    (name) => {
      const value = encodeHeaders(message(name))['Mcp-Name'] ?? '';
      expect(value).toMatch(/^[\x20-\x7e]+$/);
      if (name !== '') expect(decodeInbound(modern({ ...CALL, name }, { 'mcp-name': value }))).toMatchObject({ params: { name } });
    },
  );

  test('legacy: the version alone, and not where it is negotiated', () => {
    expect(encodeHeaders({ ...message('a'), revision: '2025-06-18', parameters: { 'mcp-param-x': '1' } })).toEqual({
      'MCP-Protocol-Version': '2025-06-18',
    });
    expect(encodeHeaders({ kind: 'request', from: 'client', revision: '2025-06-18', id: 1, method: 'initialize' })).toEqual({});
  });

  test('transport verbs have no body', () => {
    expect(
      faultOf(() => encodeBody({ kind: 'request', from: 'client', revision: '2025-11-25', id: 0, method: 'transport/stream' })).code,
    ).toBe('ERR_INTERNAL');
  });
});
