import { describe, expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import { applyChanges, dataOf, lineOf } from './edit.ts';
import type { Change } from './edit.ts';

const ENTRY = { command: '/opt/sallyport', args: ['connect', 'crm'] };

interface Case {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly changes: readonly Change[];
  readonly after: string;
}

describe('texts and entries are changed where they stand, and nowhere else', () => {
  const cases: readonly Case[] = [
    {
      name: 'JSON with comments, tabs and CRLF', file: 'mcp.json',
      text: '\ufeff{\r\n\t// mine\r\n\t"servers": {\r\n\t\t"a": { "command": "x", "env": { "K": "s\\u0065cret" /* why */, }, },\r\n\t},\r\n}\r\n',
      changes: [{ at: ['servers', 'a', 'env', 'K'], to: '${K}' }],
      after: '\ufeff{\r\n\t// mine\r\n\t"servers": {\r\n\t\t"a": { "command": "x", "env": { "K": "${K}" /* why */, }, },\r\n\t},\r\n}\r\n',
    },
    {
      name: 'an entry of JSON', file: 'mcp.json',
      text: '{\n  "mcpServers": {\n    "a": {\n      "command": "x" // old\n    }, // kept\n    "b": { "url": "https://b" }\n  }\n}\n',
      changes: [{ at: ['mcpServers', 'a'], to: ENTRY }],
      after: '{\n  "mcpServers": {\n    "a": {\n      "command": "/opt/sallyport",\n      "args": ["connect", "crm"]\n    }, // kept\n'
        + '    "b": { "url": "https://b" }\n  }\n}\n',
    },
    {
      name: 'JSON on one line', file: 'a.json', text: '{"mcpServers":{"a":{"command":"x"}}}',
      changes: [{ at: ['mcpServers', 'a'], to: ENTRY }], after: '{"mcpServers":{"a":{"command":"/opt/sallyport","args":["connect","crm"]}}}',
    },
    {
      name: 'a list of YAML, block scalars', file: 'config.yaml',
      text: '# top\nmcpServers:\n  - name: a\n    env:\n      K: |\n        s3\n        cret\n      L: \'it\'\'s\' # why\n  # between\n  - name: b\n',
      changes: [{ at: ['mcpServers', 0, 'env', 'K'], to: '${K}' }, { at: ['mcpServers', 0, 'env', 'L'], to: '${L}' }],
      after: '# top\nmcpServers:\n  - name: a\n    env:\n      K: "${K}"\n      L: "${L}" # why\n  # between\n  - name: b\n',
    },
    {
      name: 'an entry of YAML', file: 'config.yml',
      text: 'extensions:\n  dev:\n    cmd: uvx\n    envs:\n      K: s\n  # between\n  flow: { cmd: x }\n',
      changes: [{ at: ['extensions', 'dev'], to: ENTRY }, { at: ['extensions', 'flow'], to: ENTRY }],
      after: 'extensions:\n  dev:\n    command: "/opt/sallyport"\n    args: ["connect","crm"]\n  # between\n'
        + '  flow: {"command":"/opt/sallyport","args":["connect","crm"]}\n',
    },
    {
      name: 'texts of TOML', file: 'config.toml',
      text: 'when = 1979-05-27T07:32:00Z # [no.table]\n[mcp_servers."a b"]\nargs = [\n  "--key", # why\n'
        + '  \'s]"cret\',\n]\nenv = { K = """x]\ny"""", L = "z" }\n',
      changes: [{ at: ['mcp_servers', 'a b', 'args', 1], to: '${A}' }, { at: ['mcp_servers', 'a b', 'env', 'K'], to: '${K}' }],
      after: 'when = 1979-05-27T07:32:00Z # [no.table]\n[mcp_servers."a b"]\nargs = [\n  "--key", # why\n  "${A}",\n]\nenv = { K = "${K}", L = "z" }\n',
    },
    {
      name: 'tables of TOML and those below them', file: 'config.toml',
      text: '[mcp_servers.a] # head\ncommand = "x"\nargs = ["y"]\n\n[mcp_servers.a.env]\nK = "s"\n\n# of b\n[mcp_servers.b]\ncommand = "z"\n',
      changes: [{ at: ['mcp_servers', 'a'], to: ENTRY }],
      after: '[mcp_servers.a] # head\ncommand = "/opt/sallyport"\nargs = ["connect", "crm"]\n\n\n# of b\n[mcp_servers.b]\ncommand = "z"\n',
    },
    {
      name: 'lists of tables, dotted keys and inline tables of TOML', file: 'config.toml',
      text: 'mcp.x.command = "x"\nmcp.x.env.K = "s" # k\n[[mcp_servers]]\nname = "a"\n[[mcp_servers]]\nname = "b"\nenv.K = "s"\n[other]\ny = { cmd = "q" }\n',
      changes: [
        { at: ['mcp', 'x'], to: ENTRY }, { at: ['mcp_servers', 1, 'env', 'K'], to: '${K}' }, { at: ['other', 'y'], to: ENTRY },
      ],
      after: 'mcp.x = { command = "/opt/sallyport", args = ["connect", "crm"] }\n[[mcp_servers]]\nname = "a"\n[[mcp_servers]]\nname = "b"\nenv.K = "${K}"\n'
        + '[other]\ny = { command = "/opt/sallyport", args = ["connect", "crm"] }\n',
    },
  ];
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, { text, file, changes, after }) => {
    expect(applyChanges(text, file, changes)).toBe(after);
  });
});

test('what can\'t be changed alone is not changed at all, and its place is told', () => {
  const anchored = 'a: &k secret\nmcpServers:\n  x:\n    env: { K: *k, L: &l one, M: *l }\n';
  expect(() => applyChanges(anchored, 'c.yaml', [{ at: ['mcpServers', 'x', 'env', 'L'], to: '${L}' }])).toThrow('c.yaml:4');
  expect(applyChanges(anchored, 'c.yaml', [{ at: ['mcpServers', 'x', 'env', 'K'], to: '${K}' }])).toContain('K: "${K}"');
  expect(() => applyChanges('{"a":{"b":"1","b":"2"}}', 'c.json', [{ at: ['a', 'b'], to: 'x' }])).toThrow('a.b');
  expect(() => applyChanges('a: {b: 1, b: 2}', 'c.yaml', [{ at: ['a', 'b'], to: 'x' }])).toThrow('a.b');
  expect(() => applyChanges(`a: ${'x'.repeat(LIMITS.clientYamlCharsMax)}`, 'c.yaml', [{ at: ['a'], to: 'x' }])).toThrow('it is YAML of more than');
  expect(() => applyChanges('{"a":1}', 'c.json', [{ at: ['b'], to: 'x' }])).toThrow('b can\'t be changed');
});

test('places are told by line', () => {
  expect(lineOf('{\n"a":\n{"b":1}}', 'x.json', ['a', 'b'])).toBe(3);
  expect(dataOf('[a]\nb=1', 'x.toml')).toEqual({ a: { b: 1 } });
});
